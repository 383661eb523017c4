import { contained, logged } from "../../life/boundary.ts";
import { clock } from "../../life/clock.ts";
import { messageOf } from "../../life/message-of.ts";
import type { Log } from "../../log/log.ts";
import { Deadlines, type Expiring } from "../../upstream/deadlines.ts";
import type { Failed } from "../store.ts";
import { StoreBreaker } from "./breaker.ts";
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
 * what stands for an answer comes at once. Nothing is ever sent twice.
 */
export class Caller {
  readonly #config: RedisStoreConfig;
  readonly #connection: Connection;
  readonly #deadlines: Deadlines;
  /** By server: one, or those of a cluster. */
  readonly #breakers = new Map<string, StoreBreaker>();
  #inFlight = 0;
  log: Log | undefined = undefined;
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

  /** `key` says which server of a cluster it is for. */
  call(key: string, name: string, args: readonly string[]): CallFailed | Promise<unknown> {
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
    return this.#send(key, breaker, name, args);
  }

  #send(key: string, breaker: StoreBreaker, name: string, args: readonly string[]): Promise<unknown> {
    return new Promise((resolve) => {
      const pending = new PendingCall(clock.monotonic() + this.#config.timeout, resolve, () => {
        this.failures.deadline++;
        this.#missed(key, breaker, late.failed);
      });
      this.#deadlines.add(pending, clock.monotonic());
      this.#inFlight++;
      this.#connection.send(name, args).then(
        contained(pending, (reply: unknown) => {
          this.#inFlight--;
          this.#deadlines.remove(pending);
          // An answer that comes late says nothing of how quick the next one is.
          if (!pending.isOver) this.#answered(breaker);
          pending.end(reply);
        }),
        contained(pending, (error: unknown) => {
          this.#inFlight--;
          this.#deadlines.remove(pending);
          const failed = this.#judge(key, breaker, error);
          pending.end(failed);
        }),
      );
    });
  }

  #judge(key: string, breaker: StoreBreaker, error: unknown): CallFailed {
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

  #missed(key: string, breaker: StoreBreaker, why: string): void {
    if (!breaker.miss()) return;
    this.log?.write("error", "store is not asked for a while", { reason: why, again: `every ${this.#config.breaker.open} ms` });
    // A server of a cluster that is gone has a successor.
    if (this.#connection.serverOf(key) !== "") this.#connection.renew();
  }

  /** Writes beside the key, so that a server that takes no writes is not taken for one that does. */
  #probe(key: string, breaker: StoreBreaker): void {
    if (!this.#connection.isReady || this.#inFlight >= this.#config.inFlight) return;
    void this.#send(key, breaker, "set", [`${key}:probe`, "1", "px", "1000"]);
  }

  #breakerOf(key: string): StoreBreaker {
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

class PendingCall implements Expiring {
  deadline: number;
  deadlineIndex = -1;
  isOver = false;
  readonly #resolve: (reply: unknown) => void;
  readonly #late: () => void;

  constructor(deadline: number, resolve: (reply: unknown) => void, isLate: () => void) {
    this.deadline = deadline;
    this.#resolve = resolve;
    this.#late = isLate;
  }

  end(reply: unknown): void {
    this.isOver = true;
    this.#resolve(reply);
  }

  expire(): void {
    this.end(late);
    this.#late();
  }

  broke(error: unknown): void {
    logged("a reply of a store could not be taken").broke(error);
    this.end(late);
  }
}

const late: CallFailed = { failed: "the store did not answer in time", code: undefined };
const isOpen: CallFailed = { failed: "the store has failed several times and is not asked for a while", code: undefined };
const notConnected: CallFailed = { failed: "there is no connection to the store", code: undefined };
const tooMany: CallFailed = { failed: "too many calls wait for the store", code: undefined };
