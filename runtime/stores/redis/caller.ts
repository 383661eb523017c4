import { type Contained, contain, contained, logged } from "../../life/boundary.ts";
import { clock } from "../../life/clock.ts";
import { messageOf } from "../../life/message-of.ts";
import type { Log } from "../../log/log.ts";
import { Deadlines, type Expiring } from "../../upstream/deadlines.ts";
import { StoreBreaker } from "../breaker.ts";
import { type Failed, isFailed } from "../store.ts";
import { type Command, type CommandKey, encoded, textOf } from "./command.ts";
import type { RedisStoreConfig } from "./config.ts";
import { type Connection, replyIn } from "./connection.ts";
import { codeOf, type ReplyCode, replies } from "./replies.ts";

/** What a call came to that the server did not do, as far as is known. */
export interface CallFailed extends Failed {
  /** Undefined: it did not reply. It may have done it. */
  readonly code: ReplyCode | undefined;
}

/** Most milliseconds between two looks at deadlines. */
const coarsest = 20;

/**
 * Calls of a server: each has a deadline of our own, only so many wait at the same time, and after a few failures in a row
 * what stands for an answer comes at once. Nothing is ever sent twice. What is asked for in one turn of the event loop goes
 * out together at its end.
 */
export class Caller {
  readonly #config: RedisStoreConfig;
  readonly #connection: Connection;
  readonly #deadlines: Deadlines;
  /** By server: one, or those of a cluster. */
  readonly #breakers = new Map<string, StoreBreaker>();
  #batch: Batch | undefined = undefined;
  #inFlight = 0;
  log: Log | undefined = undefined;
  /** Calls that were sent. */
  sent = 0;
  /** Calls that failed, by reason. */
  readonly failures = { deadline: 0, breaker: 0, full: 0, connection: 0, reply: 0 };

  constructor(config: RedisStoreConfig, connection: Connection) {
    this.#config = config;
    this.#connection = connection;
    this.#deadlines = new Deadlines(Math.max(1, Math.min(coarsest, config.timeout / 5)));
  }

  /** Whether every server is asked. */
  get isWell(): boolean {
    return this.#connection.isReady && ![...this.#breakers.values()].some(({ isOpen }) => isOpen);
  }

  /** Calls that have no reply yet. */
  get inFlight(): number {
    return this.#inFlight;
  }

  /** `key` says which server of a cluster it is for. */
  call(key: string, name: string, args: readonly string[]): CallFailed | Promise<unknown> {
    const at: CommandKey = { name: key, slot: undefined };
    const pass = this.admit(at);
    if (isFailed(pass)) return pass;
    return new Promise((resolve) => this.send(new PlainCall(this, at, pass, name, args, resolve)));
  }

  /** What may be sent for a key, as the breaker of its server; or what stands for an answer. */
  admit(key: CommandKey): StoreBreaker | CallFailed {
    const breaker = this.#breakerOf(key);
    const state = breaker.state();
    if (state !== "closed") {
      if (state === "probe") this.#probe(key, breaker);
      this.failures.breaker++;
      return isOpen;
    }
    if (!this.#connection.isReady) {
      // It costs nobody time, and is over as soon as there is a connection: no matter for the breaker.
      this.failures.connection++;
      return notConnected;
    }
    if (this.#inFlight >= this.#config.inFlight) {
      this.failures.full++;
      return tooMany;
    }
    return breaker;
  }

  /** What was admitted. */
  send(call: Call): void {
    this.#inFlight++;
    this.sent++;
    // Late before it went out, behind a stall: who comes now is not late, and has a deadline of its own.
    if (this.#batch !== undefined && this.#batch.deadlineIndex < 0) this.flush();
    if (this.#batch === undefined) {
      const now = clock.monotonic();
      this.#batch = new Batch(now + this.#config.timeout);
      this.#deadlines.add(this.#batch, now);
      setImmediate(this.#flush);
    }
    this.#batch.add(call);
  }

  /** Sends what waits for the end of the turn: the connection is about to be closed. */
  readonly #flush = contained(logged("calls of a store could not be sent"), (): void => this.flush());

  flush(): void {
    const batch = this.#batch;
    this.#batch = undefined;
    if (batch !== undefined) this.#connection.send(batch.calls);
  }

  /** There is a reply, or there never will be one. */
  replied(call: Call, batch: Batch): void {
    this.#inFlight--;
    // An answer that comes late says nothing of how quick the next one is.
    if (!call.isOver) this.#answered(call.breaker);
    this.#left(batch);
  }

  rejected(call: Call, batch: Batch, error: unknown): CallFailed {
    this.#inFlight--;
    this.#left(batch);
    return this.#judge(call, error);
  }

  late({ key, breaker }: Call): CallFailed {
    this.failures.deadline++;
    this.#missed(key, breaker, late.failed);
    return late;
  }

  #left(batch: Batch): void {
    if (--batch.open === 0) this.#deadlines.remove(batch);
  }

  #judge({ key, breaker }: Call, error: unknown): CallFailed {
    const reply = replyIn(error);
    if (reply === undefined) {
      const message = messageOf(error);
      this.failures.connection++;
      this.#missed(key, breaker, `lost the connection: ${message}`);
      return { failed: `the connection to the store broke: ${message}`, code: undefined };
    }
    const code = codeOf(reply);
    const { then, miss, why } = replies[code];
    if (code !== "NOSCRIPT") this.failures.reply++;
    if (miss) this.#missed(key, breaker, why);
    else if (code !== "NOSCRIPT") this.log?.write("error", "store answered with an error", { reason: why, reply });
    if (then === "reconnect" || then === "slots") this.#connection.renew();
    return { failed: `the store ${why}`, code };
  }

  #answered(breaker: StoreBreaker): void {
    if (breaker.hit()) this.log?.write("info", "store answers again");
  }

  #missed(key: CommandKey, breaker: StoreBreaker, why: string): void {
    if (!breaker.miss()) return;
    this.log?.write("error", "store is not asked for a while", { reason: why, again: `every ${this.#config.breaker.open} ms` });
    // A server of a cluster that is gone has a successor.
    if (this.#connection.serverOf(key) !== "") this.#connection.renew();
  }

  /** Writes beside the key, so that a server that takes no writes is not taken for one that does. */
  #probe(key: CommandKey, breaker: StoreBreaker): void {
    if (!this.#connection.isReady || this.#inFlight >= this.#config.inFlight) return;
    const beside: CommandKey = { name: `${key.name}:probe`, slot: key.slot };
    this.send(new PlainCall(this, beside, breaker, "set", [beside.name, "1", "px", "1000"], () => {}));
  }

  #breakerOf(key: CommandKey): StoreBreaker {
    const server = this.#connection.serverOf(key);
    let breaker = this.#breakers.get(server);
    if (breaker === undefined) {
      // Servers of a cluster come and go.
      if (this.#breakers.size >= mostServers) this.#breakers.clear();
      this.#breakers.set(server, (breaker = new StoreBreaker(this.#config.breaker)));
    }
    return breaker;
  }
}

const mostServers = 1000;

/** What goes out together, and has one deadline. */
class Batch implements Expiring {
  readonly deadline: number;
  deadlineIndex = -1;
  readonly calls: Call[] = [];
  /** Calls without a reply. */
  open = 0;

  constructor(deadline: number) {
    this.deadline = deadline;
  }

  add(call: Call): void {
    call.batch = this;
    this.open++;
    this.calls.push(call);
  }

  expire(): void {
    for (const call of this.calls) call.expire();
  }

  broke(error: unknown): void {
    for (const call of this.calls) call.broke(error);
  }
}

/** A command that somebody waits for, until its deadline. */
export abstract class Call implements Command, Contained {
  readonly #caller: Caller;
  readonly key: CommandKey;
  readonly breaker: StoreBreaker;
  readonly isTraced = true;
  batch: Batch | undefined = undefined;
  isOver = false;

  constructor(caller: Caller, key: CommandKey, breaker: StoreBreaker) {
    this.#caller = caller;
    this.key = key;
    this.breaker = breaker;
  }

  abstract readonly name: string;
  abstract readonly args: Command["args"];
  abstract toWritable(): string | Buffer;
  /** Called once: with the reply, or what came instead. */
  protected abstract end(reply: unknown): void;

  resolve(reply: unknown): void {
    this.#caller.replied(this, this.batch!);
    this.#end(reply);
  }

  reject(error: unknown): void {
    this.#end(this.#caller.rejected(this, this.batch!, error));
  }

  expire(): void {
    if (!this.isOver) this.#end(this.#caller.late(this));
  }

  broke(error: unknown): void {
    logged("a reply of a store could not be taken").broke(error);
    this.#end(late);
  }

  #end(reply: unknown): void {
    if (this.isOver) return;
    this.isOver = true;
    // The client library, whose callback this is, has the replies of others still to take.
    try {
      this.end(reply);
    } catch (error) {
      contain(logged("a reply of a store could not be taken"), error);
    }
  }
}

class PlainCall extends Call {
  readonly name: string;
  readonly args: readonly string[];
  readonly #end: (reply: unknown) => void;

  constructor(
    caller: Caller,
    key: CommandKey,
    breaker: StoreBreaker,
    name: string,
    args: readonly string[],
    end: (reply: unknown) => void,
  ) {
    super(caller, key, breaker);
    this.name = name;
    this.args = args;
    this.#end = end;
  }

  toWritable(): string {
    return encoded([this.name, ...this.args]);
  }

  protected end(reply: unknown): void {
    this.#end(textOf(reply));
  }
}

const late: CallFailed = { failed: "the store did not answer in time", code: undefined };
const isOpen: CallFailed = { failed: "the store has failed several times and is not asked for a while", code: undefined };
const notConnected: CallFailed = { failed: "there is no connection to the store", code: undefined };
const tooMany: CallFailed = { failed: "too many calls wait for the store", code: undefined };
