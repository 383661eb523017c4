import type { Counter } from "./counter.ts";

/** What all buckets of one limit have in common. */
export interface BucketShape {
  /** Milliseconds in which one token is refilled. */
  readonly interval: number;
  /** Most tokens. */
  readonly burst: number;
}

/**
 * A token bucket that is kept as one point in time, the moment at which it is full again: the generic cell rate
 * algorithm in its virtual scheduling form (ITU-T I.371, annex A). A span of n intervals lets at most burst + n pass.
 */
export class TokenBucket implements Counter {
  readonly #shape: BucketShape;
  #fullAt = Number.NEGATIVE_INFINITY;

  constructor(shape: BucketShape) {
    this.#shape = shape;
  }

  take(now: number): boolean {
    if (this.left(now) < 1) return false;
    this.#fullAt = Math.max(this.#fullAt, now) + this.#shape.interval;
    return true;
  }

  left(now: number): number {
    const { interval, burst } = this.#shape;
    if (this.#fullAt <= now) return burst;
    return Math.max(0, Math.floor(burst + slack - (this.#fullAt - now) / interval));
  }

  nextIn(now: number): number {
    if (this.#fullAt <= now) return 0;
    const { interval, burst } = this.#shape;
    return Math.max(0, this.#fullAt - now - (burst - this.left(now) - 1) * interval);
  }

  isFresh(now: number): boolean {
    return this.#fullAt <= now;
  }
}

/** Tokens: sums of an interval such as 1000/3 ms miss the whole by less than this. */
const slack = 1e-6;
