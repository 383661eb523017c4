import { keptText } from "../exchange/kept-text.ts";
import { clock } from "../life/clock.ts";
import type { Taken } from "./store.ts";

/** Most callers to remember. Those that are forgotten are asked for again. */
const most = 10_000;

interface Refusal {
  /** Monotonic milliseconds until which it stands. */
  readonly until: number;
  readonly cost: number;
  readonly left: number;
  readonly moreUntil: number;
}

/**
 * Callers that were refused by one who is asked over a process or a network: until they can pass, nobody is asked again, so
 * that those who hammer cost the least.
 */
export class OverCallers {
  readonly #refusals = new Map<string, Refusal>();

  /** The refusal that would come again; undefined: ask. */
  of(key: string, cost: number): Taken | undefined {
    const known = this.#refusals.get(key);
    // Less may pass, and more would have to wait longer.
    if (known === undefined || Math.max(1, cost) !== known.cost) return undefined;
    const now = clock.monotonic();
    if (now >= known.until) {
      this.#refusals.delete(key);
      return undefined;
    }
    const moreIn = Math.max(0, known.moreUntil - now);
    return { passed: false, left: known.left, moreIn, retryIn: known.until - now, at: 0 };
  }

  remember(key: string, cost: number, { passed, left, moreIn, retryIn }: Taken): void {
    // What costs more than there ever is says nothing of what costs less.
    if (passed || retryIn === Number.POSITIVE_INFINITY) return;
    const now = clock.monotonic();
    if (this.#refusals.size >= most) this.#refusals.delete(this.#refusals.keys().next().value!);
    this.#refusals.set(keptText(key), { until: now + retryIn, cost: Math.max(1, cost), left, moreUntil: now + moreIn });
  }

  forget(key: string): void {
    this.#refusals.delete(key);
  }
}
