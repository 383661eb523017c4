import { connect, type Socket } from "node:net";
import { type Contained, contained, logged } from "../../life/boundary.ts";
import { clock } from "../../life/clock.ts";
import { messageOf } from "../../life/message-of.ts";
import { type Timer, timers } from "../../life/timers.ts";
import type { Log } from "../../log/log.ts";
import { Deadlines, type Expiring } from "../../upstream/deadlines.ts";
import { StoreBreaker } from "../breaker.ts";
import type { Failed } from "../store.ts";
import type { MemcachedStoreConfig } from "./config.ts";
import { type Reply, ReplyReader } from "./reply-reader.ts";

/** Milliseconds for a connection to stand, at most between two attempts, and for a server that says nothing to what it was asked. */
const connectMs = 2_000;
const longestPause = 2_000;
const silentMs = 10_000;
/** Most milliseconds between two looks at deadlines. */
const coarsest = 20;

/** Calls that failed, by reason. */
export type Failures = Record<"deadline" | "breaker" | "full" | "connection" | "reply", number>;

/** What servers of a store have in common. */
export interface ServerState {
  readonly config: MemcachedStoreConfig;
  readonly deadlines: Deadlines;
  readonly failures: Failures;
  sent: number;
  log: Log | undefined;
}

export const serverState = (config: MemcachedStoreConfig): ServerState => ({
  config,
  deadlines: new Deadlines(Math.max(1, Math.min(coarsest, config.timeout / 5))),
  failures: { deadline: 0, breaker: 0, full: 0, connection: 0, reply: 0 },
  sent: 0,
  log: undefined,
});

/**
 * The connection to one server. Calls of one turn of the event loop go out in one write; replies come in the order of the calls.
 * Nothing is sent twice, and nothing waits for a connection.
 */
export class MemcachedConnection {
  readonly #state: ServerState;
  readonly #host: string;
  readonly #port: number;
  readonly #breaker: StoreBreaker;
  #socket: Socket | undefined = undefined;
  #isReady = false;
  #isClosed = false;
  #attempts = 0;
  #retry: Timer | undefined = undefined;
  #calls: MemcachedCall[] = [];
  /** Calls before this place have their replies. */
  #next = 0;
  #batch: (string | Buffer)[] = [];

  constructor(state: ServerState, host: string, port: number) {
    this.#state = state;
    this.#host = host;
    this.#port = port;
    this.#breaker = new StoreBreaker(state.config.breaker);
  }

  get isReady(): boolean {
    return this.#isReady;
  }

  get isWell(): boolean {
    return this.#isReady && !this.#breaker.isOpen;
  }

  get inFlight(): number {
    return this.#calls.length - this.#next;
  }

  /** `text`: a command of the meta protocol, with its value behind it where it has one. */
  call(text: string, value?: Buffer): Promise<Reply | Failed> {
    const failure = this.#refusal();
    return failure === undefined ? this.#send(text, value) : Promise.resolve(failure);
  }

  #refusal(): Failed | undefined {
    const { failures, config } = this.#state;
    const state = this.#breaker.state();
    if (state !== "closed") {
      if (state === "probe" && this.#isReady) void this.#send("mn\r\n", undefined);
      failures.breaker++;
      return { failed: "the store has failed several times and is not asked for a while" };
    }
    if (!this.#isReady) {
      failures.connection++;
      return { failed: "there is no connection to the store" };
    }
    if (this.inFlight < config.inFlight) return undefined;
    failures.full++;
    return { failed: "too many calls wait for the store" };
  }

  #send(text: string, value: Buffer | undefined): Promise<Reply | Failed> {
    return new Promise((resolve) => {
      const now = clock.monotonic();
      const call = new MemcachedCall(this, now, now + this.#state.config.timeout, resolve);
      this.#state.deadlines.add(call, now);
      this.#state.sent++;
      this.#calls.push(call);
      if (this.#batch.length === 0) setImmediate(this.#flush);
      this.#batch.push(text);
      if (value !== undefined) this.#batch.push(value, "\r\n");
    });
  }

  readonly #flush = contained(logged("calls of a store could not be sent"), (): void => {
    const batch = this.#batch;
    this.#batch = [];
    const socket = this.#socket;
    if (socket === undefined) return;
    // Keys are ASCII.
    if (batch.every((part) => typeof part === "string")) socket.write(batch.join(""), "latin1");
    else socket.write(Buffer.concat(batch.map((part) => (typeof part === "string" ? Buffer.from(part, "latin1") : part))));
  });

  open(): void {
    if (this.#isClosed || this.#socket !== undefined) return;
    const socket = connect({ host: this.#host, port: this.#port, noDelay: true, keepAlive: true });
    this.#socket = socket;
    const broken: Contained = { broke: (error) => socket.destroy(error instanceof Error ? error : new Error(messageOf(error))) };
    // Values are a little more than the largest item.
    const reader = new ReplyReader(this.#state.config.maxItemBytes + 1_024);
    const limit = timers.after(connectMs, broken, () => {
      if (!this.#isReady) socket.destroy(new Error("the connection does not come about"));
    });
    socket.on(
      "connect",
      contained(broken, () => {
        limit.cancel();
        this.#isReady = true;
        this.#attempts = 0;
      }),
    );
    socket.on(
      "data",
      contained(broken, (chunk: Buffer) => reader.read(chunk, (reply) => this.#take(reply))),
    );
    let why = "the server closed it";
    socket.on("error", (error) => void (why = error.message));
    socket.on(
      "close",
      contained(logged("a connection to a store could not be ended"), () => {
        limit.cancel();
        this.#lost(why);
      }),
    );
  }

  #take(reply: Reply): void {
    const call = this.#calls[this.#next];
    if (call === undefined) throw new Error("a reply to nothing");
    this.#next++;
    if (this.#next >= 1_024 || this.#next === this.#calls.length) {
      this.#calls.splice(0, this.#next);
      this.#next = 0;
    }
    this.#state.deadlines.remove(call);
    const { code, rest } = reply;
    if (code.endsWith("ERROR")) {
      this.#state.failures.reply++;
      this.#state.log?.write("error", "store answered with an error", { reason: [code, ...rest].join(" ") });
      call.end({ failed: `the store answered ${[code, ...rest].join(" ")}` });
      return;
    }
    // An answer that comes late says nothing of how quick the next one is.
    if (!call.isOver && this.#breaker.hit()) this.#state.log?.write("info", "store answers again");
    call.end(reply);
  }

  late(call: MemcachedCall, now: number): void {
    this.#state.failures.deadline++;
    this.#missed("did not answer in time");
    call.end({ failed: "the store did not answer in time" });
    // It may be gone without a word: a connection of its own finds out.
    const oldest = this.#calls[this.#next];
    if (oldest !== undefined && now - oldest.sentAt > silentMs) this.#socket?.destroy(new Error("it does not answer"));
  }

  #missed(reason: string): void {
    if (!this.#breaker.miss()) return;
    const server = `${this.#host}:${this.#port}`;
    const again = `every ${this.#state.config.breaker.open} ms`;
    this.#state.log?.write("error", "store is not asked for a while", { server, reason, again });
  }

  #lost(reason: string): void {
    this.#isReady = false;
    this.#socket = undefined;
    this.#batch = [];
    const calls = this.#calls.slice(this.#next);
    this.#calls = [];
    this.#next = 0;
    for (const call of calls) {
      this.#state.deadlines.remove(call);
      if (call.isOver) continue;
      this.#state.failures.connection++;
      this.#missed(`lost the connection: ${reason}`);
      call.end({ failed: `the connection to the store broke: ${reason}` });
    }
    if (this.#isClosed) return;
    if (this.#attempts++ === 0)
      this.#state.log?.write("warning", "connection to the store failed", { server: `${this.#host}:${this.#port}`, reason });
    const pause = Math.min(longestPause, 50 * 2 ** Math.min(this.#attempts, 10)) * (0.8 + Math.random() * 0.4);
    this.#retry = timers.after(pause, logged("a store could not be connected to again"), () => this.open());
  }

  close(): void {
    this.#isClosed = true;
    this.#retry?.cancel();
    this.#socket?.destroy();
  }
}

class MemcachedCall implements Expiring {
  readonly sentAt: number;
  deadline: number;
  deadlineIndex = -1;
  isOver = false;
  readonly #connection: MemcachedConnection;
  readonly #resolve: (reply: Reply | Failed) => void;

  constructor(connection: MemcachedConnection, sentAt: number, deadline: number, resolve: (reply: Reply | Failed) => void) {
    this.#connection = connection;
    this.sentAt = sentAt;
    this.deadline = deadline;
    this.#resolve = resolve;
  }

  expire(): void {
    this.#connection.late(this, clock.monotonic());
  }

  end(reply: Reply | Failed): void {
    this.isOver = true;
    this.#resolve(reply);
  }

  broke(error: unknown): void {
    logged("a call of a store could not be ended").broke(error);
  }
}
