import { Socket } from "node:net";
import fc from "fast-check";
import { expect, test, vi } from "vitest";
import { clock } from "../../runtime/life/clock.ts";
import type { Carrier, Waiter } from "../../runtime/upstream/carrier.ts";
import type { OriginConnection } from "../../runtime/upstream/origin-connection.ts";
import { OriginPool, PoolParts } from "../../runtime/upstream/origin-pool.ts";

/** A request of the model: it waits, is carried, or is over in exactly one way. */
class Request implements Waiter {
  state: "waiting" | "carried" | "failed" | "left" | "answered" | "broken" = "waiting";
  connection: OriginConnection | undefined = undefined;
  readonly number: number;
  readonly #log: number[];

  constructor(number: number, log: number[]) {
    this.number = number;
    this.#log = log;
  }

  connected(carrier: Carrier): void {
    expect(this.state).toBe("waiting");
    this.state = "carried";
    this.#log.push(this.number);
    // The pool of HTTP/1.1 carries requests on its connections.
    this.connection = carrier as OriginConnection;
    expect(this.connection.isRetired).toBe(false);
    this.connection.begin(
      {
        answerHead() {},
        answerPiece() {},
        answerBatch() {},
        answerEnd: () => void (this.state = "answered"),
        answerFailed: () => void (this.state = "broken"),
        requestDrained() {},
        broke: rethrow,
      },
      "GET / HTTP/1.1\r\nHost: a\r\n\r\n",
      { isHead: false, isUpgrade: false, isChunked: false },
    );
    this.connection.sendEnd("");
  }

  failed(): void {
    expect(this.state).toBe("waiting");
    this.state = "failed";
  }

  broke(error: unknown): void {
    rethrow(error);
  }
}

/** Where nobody catches it, so that the test run fails. */
function rethrow(error: unknown): void {
  setImmediate(() => {
    throw error;
  });
}

type Event = readonly [
  "acquire" | "leave" | "open" | "fail" | "answer" | "last" | "break" | "idle" | "expire" | "retire",
  number,
];

const event: fc.Arbitrary<Event> = fc.tuple(
  fc.constantFrom(
    "acquire",
    "acquire",
    "acquire",
    "leave",
    "open",
    "open",
    "fail",
    "answer",
    "answer",
    "last",
    "break",
    "idle",
    "expire",
    "retire",
  ),
  fc.nat(1_000),
);

const answer = (fields: string): Buffer => Buffer.from(`HTTP/1.1 200 OK\r\nContent-Length: 0\r\n${fields}\r\n`);

/** One of them, chosen by a number. */
const pick = <T>(list: readonly T[], index: number): T | undefined => list[index % Math.max(1, list.length)];

test("whatever happens, each request is carried or told, in its turn, within the bounds, and nothing stays behind", async () => {
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "setInterval", "clearInterval"] });
  let now = 0;
  vi.spyOn(clock, "monotonic").mockImplementation(() => now);
  await fc.assert(
    fc.asyncProperty(
      fc.array(event, { maxLength: 60 }),
      fc.integer({ min: 1, max: 4 }),
      fc.nat(3),
      async (events, max, pending) => {
        const opening = new Set<Socket>();
        const open = (): Socket => {
          const socket = new Socket();
          // What is written goes nowhere.
          socket.write = () => true;
          Object.defineProperty(socket, "remoteAddress", { value: "127.0.0.1" });
          opening.add(socket);
          return socket;
        };
        const pool = new OriginPool(
          new PoolParts(),
          { readyEvent: "connect", open, addresses: 1, look() {}, failed() {}, leave() {} },
          { connections: max, pending, streams: 1, connectMs: 1_000, idleMs: 4_000 },
        );
        const requests: Request[] = [];
        const served: number[] = [];
        const carried = (): Request[] => requests.filter(({ state }) => state === "carried");
        const alive = (): Socket[] => [...opening].filter((socket) => !socket.destroyed);
        const happens: Record<Event[0], (index: number) => void> = {
          acquire: () => {
            const request = new Request(requests.length, served);
            requests.push(request);
            pool.acquire(request);
          },
          leave: (index) => {
            const request = pick(
              requests.filter(({ state }) => state === "waiting" || state === "carried"),
              index,
            );
            if (request === undefined) return;
            if (request.state === "waiting") pool.leave(request);
            else request.connection!.leave();
            request.state = "left";
          },
          open: (index) => {
            const socket = pick(alive(), index);
            if (socket === undefined) return;
            opening.delete(socket);
            socket.emit("connect");
          },
          fail: (index) => {
            const socket = pick(alive(), index);
            if (socket === undefined) return;
            opening.delete(socket);
            socket.emit("error", Object.assign(new Error("refused"), { code: "ECONNREFUSED" }));
          },
          answer: (index) => pick(carried(), index)?.connection?.onData(answer("")),
          last: (index) => pick(carried(), index)?.connection?.onData(answer("Connection: close\r\n")),
          break: (index) => pick(carried(), index)?.connection?.socket.emit("end"),
          idle: (index) => {
            const used = new Set(carried().map(({ connection }) => connection));
            const unused = [...new Set(requests.map(({ connection }) => connection))].filter(
              (connection) => connection !== undefined && !used.has(connection) && !connection.socket.destroyed,
            );
            pick(unused, index)?.socket.emit("end");
          },
          expire: (index) => {
            now += index * 10;
            vi.advanceTimersByTime(index * 10);
          },
          retire: () => pool.retire(() => false),
        };
        for (const [what, index] of events) {
          happens[what](index);
          await Promise.resolve();
          const { connections, idle, waiting } = pool.counts;
          const states = requests.map(({ state }) => state);
          expect(connections).toBeLessThanOrEqual(max);
          expect(waiting).toBe(states.filter((state) => state === "waiting").length);
          // Whoever waits, waits for something.
          if (waiting > 0) expect([idle, connections]).toEqual([0, connections === 0 ? -1 : connections]);
          expect(waiting).toBeLessThanOrEqual(pending + max);
          // First come, first served.
          expect(served).toEqual(served.toSorted((one, other) => one - other));
        }
        for (const request of requests) {
          if (request.state === "waiting") pool.leave(request);
          if (request.state === "carried") request.connection!.leave();
        }
        now += 10_000;
        vi.advanceTimersByTime(10_000);
        expect(pool.counts).toEqual({ connections: 0, idle: 0, opening: 0, waiting: 0 });
        expect(vi.getTimerCount()).toBe(0);
        pool.close();
      },
    ),
    { numRuns: 400 },
  );
  vi.useRealTimers();
  vi.restoreAllMocks();
});

test("a pool that closes tells those who wait", () => {
  const pool = new OriginPool(
    new PoolParts(),
    { readyEvent: "connect", open: () => new Socket(), addresses: 1, look() {}, failed() {}, leave() {} },
    { connections: 1, pending: 1, streams: 1, connectMs: 60_000, idleMs: 4_000 },
  );
  const requests = [new Request(0, []), new Request(1, []), new Request(2, [])];
  for (const request of requests) pool.acquire(request);
  expect(requests.map(({ state }) => state)).toEqual(["waiting", "waiting", "failed"]);
  pool.close();
  expect(requests.map(({ state }) => state)).toEqual(["failed", "failed", "failed"]);
  expect(pool.counts).toEqual({ connections: 0, idle: 0, opening: 0, waiting: 0 });
});

test("a connection that was unused for too long is not used again, also where nobody has looked at it since", () => {
  let now = 0;
  vi.spyOn(clock, "monotonic").mockImplementation(() => now);
  const sockets: Socket[] = [];
  const open = (): Socket => {
    const socket = new Socket();
    socket.write = () => true;
    sockets.push(socket);
    return socket;
  };
  const limits = { connections: 3, pending: 1, streams: 1, connectMs: 60_000, idleMs: 4_000 };
  const pool = new OriginPool(
    new PoolParts(),
    { readyEvent: "connect", open, addresses: 1, look() {}, failed() {}, leave() {} },
    limits,
  );
  const requests = [new Request(0, []), new Request(1, [])];
  for (const request of requests) pool.acquire(request);
  for (const socket of sockets) socket.emit("connect");
  for (const { connection } of requests) connection!.onData(answer(""));
  now = 3_999;
  const inTime = new Request(2, []);
  pool.acquire(inTime);
  expect(inTime.state).toBe("carried");
  inTime.connection!.leave();
  now = 4_000;
  const late = new Request(3, []);
  pool.acquire(late);
  expect(late.state).toBe("waiting");
  expect(sockets.map(({ destroyed }) => destroyed)).toEqual([true, true, false]);
  pool.close();
  vi.restoreAllMocks();
});
