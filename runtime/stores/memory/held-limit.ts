import { clock } from "../../life/clock.ts";
import type { Law } from "../../limits/law.ts";
import type { LimitConfig } from "../store.ts";
import { type LookAnswer, leaseTerm, type TakeAnswer } from "./calls.ts";
import { LocalCounters } from "./local-counters.ts";

/** A part of what is left that a process may give out by itself. */
interface Lease {
  readonly key: string;
  readonly from: number;
  readonly amount: number;
  /** Monotonic milliseconds. */
  readonly until: number;
}

/**
 * One limit as the holder counts it for all processes. What is on lease counts as taken now, until it is known what was used
 * of it, which is counted then: the use may have been the moment before. So the limit holds whatever the law, and the error
 * is on the side of refusing: by what others have on lease and do not use.
 *
 * A lease that nobody ended in time, as its process is gone or hangs, was used up.
 */
export class HeldLimit {
  readonly #law: Law;
  readonly #maxKeys: number;
  readonly #term: number;
  readonly #counters: LocalCounters;
  /** In the order in which they end, as all have the same term. */
  readonly #leases = new Map<number, Lease>();
  readonly #held = new Map<string, number>();
  #lastLease = 0;

  constructor({ law, maxKeys }: LimitConfig) {
    this.#law = law;
    this.#maxKeys = maxKeys;
    this.#term = leaseTerm(law.span);
    this.#counters = new LocalCounters(law, maxKeys);
  }

  take(key: string, cost: number, group: number, from: number): TakeAnswer {
    this.#expire();
    const held = this.#held.get(key) ?? 0;
    const { passed, left, moreIn, retryIn, at } = this.#counters.take(key, cost, held);
    if (!passed) {
      // It waits for what was used, or for what others have on lease.
      const wait = Math.max(1, cost) + held > this.#law.most ? Math.max(retryIn, this.#term) : Math.max(retryIn, 1);
      return [0, left, moreIn, retryIn === Number.POSITIVE_INFINITY ? -1 : wait, at, 0, 0];
    }
    const granted = group === 0 || this.#leases.size >= this.#maxKeys ? 0 : Math.ceil(left / (2 * group));
    if (granted > 0) {
      this.#leases.set(++this.#lastLease, { key, from, amount: granted, until: clock.monotonic() + this.#term });
      this.#held.set(key, held + granted);
    }
    return [1, left - granted, moreIn, 0, at, granted > 0 ? this.#lastLease : 0, granted];
  }

  /** One that is over already was counted as used up. */
  end(id: number, used: number): void {
    this.#expire();
    const lease = this.#leases.get(id);
    if (lease !== undefined) this.#spend(id, lease, Math.min(used, lease.amount));
  }

  settle(key: string, cost: number, at: number, actual: number): void {
    this.#counters.settle(key, cost, at, actual);
  }

  look(key: string): LookAnswer {
    this.#expire();
    const { left, moreIn } = this.#counters.look(key, this.#held.get(key) ?? 0);
    return [left, moreIn];
  }

  /** What is on lease stays so: whoever has it may be using it now. */
  reset(key: string): void {
    this.#counters.reset(key);
  }

  left(from: number): void {
    for (const [id, lease] of this.#leases) if (lease.from === from) this.#spend(id, lease, lease.amount);
  }

  #expire(): void {
    const now = clock.monotonic();
    for (const [id, lease] of this.#leases) {
      if (lease.until > now) return;
      this.#spend(id, lease, lease.amount);
    }
  }

  #spend(id: number, { key, amount }: Lease, used: number): void {
    this.#leases.delete(id);
    const held = this.#held.get(key)! - amount;
    if (held > 0) this.#held.set(key, held);
    else this.#held.delete(key);
    if (used > 0) this.#counters.add(key, used);
  }
}
