/** What further attempts at a service may add to its load. */
export interface BudgetConfig {
  /** Further attempts for each request, on average over the window: 0.2 for 20 %. */
  readonly ratio: number;
  /** Further attempts per second, however few requests there are. */
  readonly min: number;
}

/** The window: slots of one second each. */
const slots = 10;
const slotMs = 1_000;

/** What one attempt costs; a request brings `ratio` of it. Whole numbers, so that sums do not drift. */
const cost = 1_000;

/**
 * Tokens for retries and hedges (Finagle's `RetryBudget`, Linkerd's `retryBudget`): each request brings a part of one, each
 * further attempt takes one, and both are forgotten after ten seconds. It goes by requests, and not by those under way: they
 * become fewer where a service fails quickly. One for each service in each process.
 */
export class AttemptBudget {
  readonly #ratio: number;
  readonly #reserve: number;
  /** What came in less what went out, by slot. */
  readonly #net = new Float64Array(slots);
  /** Number of the slot that time is in. */
  #slot = 0;
  #sum = 0;
  /** Attempts that were not made since the start, because no token was left. */
  exhausted = 0;

  constructor({ ratio, min }: BudgetConfig) {
    this.#ratio = Math.round(ratio * cost);
    this.#reserve = min * slots * cost;
  }

  /** A request began. `now`: monotonic milliseconds. */
  deposit(now: number): void {
    this.#add(this.#ratio, now);
  }

  /** False: no token is left. To be asked when an attempt is decided, and not when its pause is over (envoy#30205). */
  take(now: number): boolean {
    this.#add(0, now);
    if (this.#reserve + this.#sum < cost) {
      this.exhausted++;
      return false;
    }
    this.#add(-cost, now);
    return true;
  }

  #add(amount: number, now: number): void {
    const slot = Math.floor(now / slotMs);
    if (slot !== this.#slot) this.#advance(slot);
    this.#net[slot % slots]! += amount;
    this.#sum += amount;
  }

  #advance(slot: number): void {
    const net = this.#net;
    for (let index = Math.max(this.#slot + 1, slot - slots + 1); index <= slot; index++) net[index % slots] = 0;
    this.#slot = slot;
    this.#sum = 0;
    for (let index = 0; index < slots; index++) this.#sum += net[index]!;
  }
}
