import type { Counter } from "./counter.ts";

/** What all windows of one limit have in common. */
export interface WindowShape {
  readonly limit: number;
  /** Milliseconds of one part of the window. */
  readonly part: number;
}

/** Parts of a window: the limit is given back in tenths of the window. */
export const parts = 10;

/** One more than the parts: a window that ends inside a part also begins inside one. */
const slots = 11;

/**
 * Counts by parts of the window. The part in which the window begins counts as a whole, although the window covers only
 * its end: so no span of the window's length ever lets more than the limit pass. The usual estimate from two windows
 * (the last one weighted by its overlap) promises that only for requests that come evenly, and lets nearly twice the
 * limit through around a burst; a log of all requests would keep as many times as the limit for every caller.
 */
export class SlidingWindow implements Counter {
  readonly #shape: WindowShape;
  /** Ring: the count of part n is at n modulo `slots`. */
  readonly #counts: number[] = [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0];
  #newest = 0;
  #total = 0;

  constructor(shape: WindowShape) {
    this.#shape = shape;
  }

  take(now: number): boolean {
    this.#advance(now);
    if (this.#total >= this.#shape.limit) return false;
    this.#total++;
    this.#counts[this.#newest % slots]!++;
    return true;
  }

  left(now: number): number {
    this.#advance(now);
    return this.#shape.limit - this.#total;
  }

  nextIn(now: number): number {
    this.#advance(now);
    for (let part = this.#newest - parts; part <= this.#newest; part++) {
      if (part >= 0 && this.#counts[part % slots]! > 0) return Math.max(0, (part + slots) * this.#shape.part - now);
    }
    return 0;
  }

  isFresh(now: number): boolean {
    this.#advance(now);
    return this.#total === 0;
  }

  /** Forgets the parts that have left the window. Time that stands still or steps back changes nothing. */
  #advance(now: number): void {
    const current = Math.floor(now / this.#shape.part);
    if (current <= this.#newest) return;
    const gone = Math.min(slots, current - this.#newest);
    for (let step = 1; step <= gone; step++) {
      const slot = (this.#newest + step) % slots;
      this.#total -= this.#counts[slot]!;
      this.#counts[slot] = 0;
    }
    this.#newest = current;
  }
}
