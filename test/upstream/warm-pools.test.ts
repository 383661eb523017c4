import { Socket } from "node:net";
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { Carrier, Waiter } from "../../runtime/upstream/carrier.ts";
import type { OriginConnection } from "../../runtime/upstream/origin-connection.ts";
import { PoolParts } from "../../runtime/upstream/origin-pool.ts";
import { WarmOriginPool } from "../../runtime/upstream/warm/warm-origin-pool.ts";
import { stillClock } from "../harness/still-clock.ts";

/** Timers of the pool go with the clock that stands still. */
const time = stillClock();
beforeEach(() => void vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "setInterval", "clearInterval"] }));
afterEach(() => void vi.useRealTimers());

function pass(milliseconds: number): void {
  time.pass(milliseconds);
  vi.advanceTimersByTime(milliseconds);
}

/** A pool over sockets that connect, fail and close when they are told to. */
class Rig {
  readonly made: Socket[] = [];
  readonly #standing = new Set<Socket>();
  readonly pool: WarmOriginPool;
  isWanted = true;
  isWarm = false;
  readonly carried: Carrier[] = [];

  constructor(least: number, max = 100) {
    const open = (): Socket => {
      const socket = new Socket();
      socket.write = () => true;
      Object.defineProperty(socket, "remoteAddress", { value: "127.0.0.1" });
      this.made.push(socket);
      return socket;
    };
    const connector = { readyEvent: "connect", addresses: 1, open, look() {}, failed() {}, leave() {} } as const;
    const limits = { connections: max, pending: 100, streams: 1, connectMs: 1_000, idleMs: 4_000 };
    this.pool = new WarmOriginPool(new PoolParts(), connector, limits, least);
  }

  begin(): Promise<void> {
    return this.pool.warm(() => this.isWanted);
  }

  get alive(): Socket[] {
    return this.made.filter((socket) => !socket.destroyed);
  }

  get opening(): Socket[] {
    return this.alive.filter((socket) => !this.#standing.has(socket));
  }

  /** All that are being made stand, and those that are made because of that. */
  connect(): void {
    for (let [socket] = this.opening; socket !== undefined; [socket] = this.opening) this.connected(socket);
  }

  connected(socket: Socket): void {
    this.#standing.add(socket);
    socket.emit("connect");
  }

  refuse(socket: Socket): void {
    socket.emit("error", Object.assign(new Error("refused"), { code: "ECONNREFUSED" }));
  }

  request(): { readonly failed: string[]; carrier: Carrier | undefined } {
    const seen: { failed: string[]; carrier: Carrier | undefined } = { failed: [], carrier: undefined };
    const sink = {
      answerHead() {},
      answerPiece() {},
      answerBatch() {},
      answerEnd() {},
      answerFailed: (code: string, isStale: boolean) => void seen.failed.push(isStale ? "stale" : code),
      requestDrained() {},
      broke: rethrow,
    };
    const waiter: Waiter = {
      connected: (carrier) => {
        seen.carrier = carrier;
        this.carried.push(carrier);
        carrier.begin(sink, "GET / HTTP/1.1\r\nHost: a\r\n\r\n", { isHead: false, isUpgrade: false, isChunked: false });
        carrier.sendEnd("");
      },
      failed: (code) => void seen.failed.push(code),
      broke: rethrow,
    };
    this.pool.acquire(waiter);
    return seen;
  }

  answer(carrier: Carrier): void {
    this.carried.splice(this.carried.indexOf(carrier), 1);
    // The pool of HTTP/1.1 carries requests on its connections.
    (carrier as OriginConnection).onData(Buffer.from("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"));
  }
}

function rethrow(error: unknown): void {
  setImmediate(() => {
    throw error;
  });
}

describe("a warm pool", () => {
  it("has its least connections once it was told to, and never opens all at once", async () => {
    const rig = new Rig(20);
    expect(rig.made).toHaveLength(0);
    const warm = rig.begin();
    // A quarter of them.
    expect(rig.opening).toHaveLength(5);
    rig.connect();
    await warm;
    expect([rig.alive.length, rig.pool.idle, rig.pool.isWarm]).toEqual([20, 20, true]);
  });

  it("opens one ahead when the last idle one is taken, and no more than it may", () => {
    const rig = new Rig(2, 4);
    void rig.begin();
    rig.connect();
    rig.request();
    expect(rig.alive).toHaveLength(2);
    const last = rig.request();
    expect([last.carrier === undefined, rig.opening.length]).toEqual([false, 1]);
    rig.connect();
    rig.request();
    rig.connect();
    expect([rig.alive.length, rig.pool.idle]).toEqual([4, 1]);
    rig.request();
    rig.request();
    expect([rig.alive.length, rig.opening.length]).toEqual([4, 0]);
    rig.pool.close();
  });

  it("opens what the service closes again, and stands in for what is about to be too old before it is closed", () => {
    const rig = new Rig(3);
    void rig.begin();
    rig.connect();
    pass(1_500);
    rig.alive[0]!.emit("end");
    expect(rig.opening).toHaveLength(1);
    rig.connect();
    // From half of the time on that an unused one is kept, another stands beside it: there are never fewer than three.
    for (let second = 0; second < 30; second++) {
      pass(1_000);
      rig.pool.tend();
      rig.connect();
      expect(rig.pool.idle).toBeGreaterThanOrEqual(3);
      expect(rig.pool.idle).toBeLessThanOrEqual(7);
    }
    expect(rig.made.length).toBeLessThan(60);
  });

  it("lets requests that change nothing be sent again where a connection that waited was closed meanwhile", () => {
    const rig = new Rig(1);
    void rig.begin();
    rig.connect();
    const request = rig.request();
    rig.made[0]!.emit("end");
    expect(request.failed).toEqual(["stale"]);
  });

  it.each(["waited for a request", "was opened for one"])(
    "stays warm where a connection that %s ends with it: the service closes behind each answer, or clients leave",
    (which) => {
      const rig = new Rig(3);
      void rig.begin();
      rig.connect();
      if (which !== "waited for a request") while (rig.pool.idle > 0) rig.request();
      for (let round = 0; round < 20; round++) {
        const before = rig.carried.length;
        rig.request();
        rig.connect();
        expect(rig.carried.length).toBe(before + 1);
        rig.carried.at(-1)!.leave();
        rig.carried.pop();
        rig.connect();
        expect([rig.pool.isWarm, rig.pool.idle > 0]).toEqual([true, true]);
        // The next one finds nothing idle, and is opened for its request.
        if (which !== "waited for a request") while (rig.pool.idle > 0) rig.request();
      }
    },
  );

  it.each<[string, (rig: Rig, socket: Socket) => void]>([
    ["refuses connections", (rig, socket) => rig.refuse(socket)],
    [
      "closes them at once",
      (rig, socket) => {
        rig.connected(socket);
        socket.emit("end");
      },
    ],
  ])("leaves an endpoint alone, longer and longer, that %s", (_, happens) => {
    const rig = new Rig(10);
    void rig.begin();
    for (let second = 0; second < 120; second++) {
      for (const socket of rig.opening) happens(rig, socket);
      pass(1_000);
      rig.pool.tend();
    }
    // Pauses of 1, 2, 4, 8, 16 and 30 s, give or take; a few at a time. Without them it would be thousands.
    expect(rig.made.length).toBeGreaterThan(5);
    expect(rig.made.length).toBeLessThan(60);
    // Once it works again, all are there after the longest pause.
    for (let second = 0; second < 31; second++) {
      pass(1_000);
      rig.pool.tend();
      rig.connect();
    }
    expect(rig.pool.isWarm).toBe(true);
  });

  it("says that it has begun where no connection can be had", async () => {
    const rig = new Rig(2);
    const warm = rig.begin();
    for (const socket of rig.opening) rig.refuse(socket);
    await warm;
    expect(rig.pool.isWarm).toBe(false);
  });

  it("opens nothing at an endpoint that is said not to work, and everything once it is said to", () => {
    const rig = new Rig(4);
    rig.isWanted = false;
    void rig.begin();
    for (let second = 0; second < 10; second++) {
      pass(1_000);
      rig.pool.tend();
    }
    expect(rig.made).toHaveLength(0);
    rig.isWanted = true;
    rig.pool.tend();
    rig.connect();
    expect(rig.pool.idle).toBe(4);
  });

  it("is never beyond its bounds, whatever happens, and is warm once all is well", () => {
    const event = fc.tuple(
      fc.constantFrom("request", "request", "answer", "connect", "connect", "refuse", "end", "tend", "pass", "mark"),
      fc.nat(1_000),
    );
    fc.assert(
      fc.property(
        fc.array(event, { maxLength: 60 }),
        fc.integer({ min: 1, max: 6 }),
        fc.integer({ min: 1, max: 8 }),
        (events, least, max) => {
          const rig = new Rig(least, max);
          void rig.begin();
          const one = <T>(list: readonly T[], index: number): T | undefined => list[index % Math.max(1, list.length)];
          const happens: Record<(typeof events)[number][0], (index: number) => void> = {
            request: () => rig.request(),
            answer: (index) => {
              const carrier = one(rig.carried, index);
              if (carrier !== undefined) rig.answer(carrier);
            },
            connect: (index) => {
              const socket = one(rig.opening, index);
              if (socket !== undefined) rig.connected(socket);
            },
            refuse: (index) => {
              const socket = one(rig.opening, index);
              if (socket !== undefined) rig.refuse(socket);
            },
            end: (index) => one(rig.alive, index)?.emit("end"),
            tend: () => rig.pool.tend(),
            pass: (index) => pass(index * 5),
            mark: () => (rig.isWanted = !rig.isWanted),
          };
          for (const [what, index] of events) {
            happens[what](index);
            expect(rig.alive.length).toBeLessThanOrEqual(max);
          }
          rig.isWanted = true;
          for (let second = 0; second < 40; second++) {
            pass(1_000);
            rig.pool.tend();
            rig.connect();
            for (const carrier of [...rig.carried]) rig.answer(carrier);
          }
          expect(rig.pool.isWarm).toBe(true);
          rig.pool.close();
          expect(rig.alive).toEqual([]);
          pass(5_000);
          expect(rig.alive).toEqual([]);
        },
      ),
      { numRuns: 60 },
    );
  });
});
