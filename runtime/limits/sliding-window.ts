import { clock } from "../life/clock.ts";
import { type Cells, type Law, shareOf } from "./law.ts";

export interface SlidingWindowConfig {
  readonly limit: number;
  /** Milliseconds. */
  readonly window: number;
}

export const createSlidingWindow = (config: SlidingWindowConfig): SlidingWindow => new SlidingWindow(config);

/** Parts of a window: the limit is given back in tenths of the window. */
const parts = 10;

/** One more than the parts: a window that ends inside a part also begins inside one. */
const slots = 11;

/** What a cell holds. */
const mostOfCount = 4_294_967_295;

/**
 * Counts by parts of the window. The part in which the window begins counts as a whole, although the window covers only
 * its end: so no span of the window's length ever lets more than the limit pass. The usual estimate from two windows
 * (the last one weighted by its overlap) promises that only for requests that come evenly, and lets nearly twice the
 * limit through around a burst; a log of all requests would keep as many times as the limit for every caller.
 *
 * A caller is the number of the newest part, and a ring of counts: that of part n is at n modulo `slots`.
 */
export class SlidingWindow implements Law {
  declare readonly __made: true;
  readonly id: string;
  readonly most: number;
  readonly span: number;
  /** The newest part, and eleven counts of four bytes. */
  readonly width = 7;
  /** Milliseconds. */
  readonly #part: number;
  readonly #config: SlidingWindowConfig;

  constructor(config: SlidingWindowConfig) {
    const { limit, window } = config;
    this.#config = config;
    this.id = `sliding ${limit} ${window}`;
    this.most = limit;
    this.#part = window / parts;
    this.span = this.#part * slots;
  }

  now(): number {
    return clock.monotonic();
  }

  take(cells: Cells, at: number, now: number, cost: number, need: number): boolean {
    if (this.left(cells, at, now) < need) return false;
    count(cells, at, cells.doubles[at]!, cost);
    return true;
  }

  add(cells: Cells, at: number, now: number, cost: number): void {
    this.#advance(cells, at, now);
    count(cells, at, cells.doubles[at]!, cost);
  }

  giveBack(cells: Cells, at: number, now: number, part: number, _cost: number, then: number): void {
    this.#advance(cells, at, now);
    const number = Math.floor(then / this.#part);
    if (number > cells.doubles[at]! - slots) count(cells, at, number, -part);
  }

  left(cells: Cells, at: number, now: number): number {
    this.#advance(cells, at, now);
    return Math.max(0, this.most - total(cells, at));
  }

  waitFor(cells: Cells, at: number, now: number, amount: number): number {
    if (amount > this.most) return Number.POSITIVE_INFINITY;
    this.#advance(cells, at, now);
    let missing = amount - this.most + total(cells, at);
    const newest = cells.doubles[at]!;
    for (let part = Math.max(0, newest - parts); missing > 0 && part <= newest; part++) {
      missing -= cells.counts[countAt(at, part)]!;
      if (missing <= 0) return Math.max(0, (part + slots) * this.#part - now);
    }
    return 0;
  }

  isFresh(cells: Cells, at: number, now: number): boolean {
    this.#advance(cells, at, now);
    return total(cells, at) === 0;
  }

  share(size: number, index: number): SlidingWindow {
    return new SlidingWindow({ ...this.#config, limit: shareOf(this.most, size, index) });
  }

  /** Forgets the parts that have left the window. Time that stands still or steps back changes nothing. */
  #advance({ doubles, counts }: Cells, at: number, now: number): void {
    const current = Math.floor(now / this.#part);
    const newest = doubles[at]!;
    if (current <= newest) return;
    const gone = Math.min(slots, current - newest);
    for (let step = 1; step <= gone; step++) counts[countAt(at, newest + step)] = 0;
    doubles[at] = current;
  }
}

/** The counts stand behind the first double. */
const countAt = (at: number, part: number): number => (at + 1) * 2 + (part % slots);

function count({ counts }: Cells, at: number, part: number, cost: number): void {
  const place = countAt(at, part);
  counts[place] = Math.min(mostOfCount, Math.max(0, counts[place]! + cost));
}

function total({ counts }: Cells, at: number): number {
  let sum = 0;
  const first = (at + 1) * 2;
  for (let place = first; place < first + slots; place++) sum += counts[place]!;
  return sum;
}
