export interface BackoffConfig {
  /** Milliseconds before the first retry at most; twice as much before each further one. */
  readonly base: number;
  /** Milliseconds before any retry at most. */
  readonly max: number;
}

/**
 * How long to wait before a retry: anything from nothing to a bound that doubles (full jitter, Brooker, Exponential Backoff
 * And Jitter), so that requests which failed together do not come back together.
 */
export class Backoff {
  readonly #base: number;
  readonly #max: number;

  constructor({ base, max }: BackoffConfig) {
    this.#base = base;
    this.#max = max;
  }

  /** Milliseconds. `retry`: 0 for the first. */
  before(retry: number): number {
    return Math.random() * Math.min(this.#max, this.#base * 2 ** retry);
  }
}
