import { clock } from "../life/clock.ts";
import { type Cells, type Law, shareOf } from "./law.ts";

export interface FixedWindowConfig {
  readonly limit: number;
  readonly windows: Windows;
}

/** Which windows there are. */
export interface Windows {
  readonly __made: true;
  readonly id: string;
  /** Milliseconds of the longest one. */
  readonly longest: number;
  /** The one with `now` in it, milliseconds since the epoch. */
  around(now: number): TimeWindow;
}

export interface TimeWindow {
  readonly start: number;
  /** The next one begins. */
  readonly end: number;
}

export const createFixedWindow = (config: FixedWindowConfig): FixedWindow => new FixedWindow(config);

/** Windows of one length, counted from the epoch: those of a minute begin with the minutes of the clock. */
export const createEvenWindows = ({ window }: { readonly window: number }): Windows => new EvenWindows(window);

class EvenWindows implements Windows {
  declare readonly __made: true;
  readonly id: string;
  readonly longest: number;

  constructor(window: number) {
    this.id = String(window);
    this.longest = window;
  }

  around(now: number): TimeWindow {
    const start = Math.floor(now / this.longest) * this.longest;
    return { start, end: start + this.longest };
  }
}

/** Counts from the start of each window: simple to tell, and up to twice the limit passes around the end of one. */
export class FixedWindow implements Law {
  declare readonly __made: true;
  readonly id: string;
  readonly most: number;
  readonly span: number;
  /** The start of the window, and what was used in it. */
  readonly width = 2;
  readonly windows: Windows;
  #current: TimeWindow = { start: 0, end: 0 };

  constructor({ limit, windows }: FixedWindowConfig) {
    this.id = `fixed ${limit} ${windows.id}`;
    this.most = limit;
    this.span = windows.longest;
    this.windows = windows;
  }

  now(): number {
    return clock.wall();
  }

  /**
   * A clock that is set back by less than a window does not open the window before again: a quota that was reset at midnight
   * is not reset there once more.
   */
  windowAt(now: number): TimeWindow {
    const { start, end } = this.#current;
    if (now < end && now > start - (end - start)) return this.#current;
    this.#current = this.windows.around(now);
    return this.#current;
  }

  take(cells: Cells, at: number, now: number, cost: number, need: number): boolean {
    if (this.left(cells, at, now) < need) return false;
    this.add(cells, at, now, cost);
    return true;
  }

  add(cells: Cells, at: number, now: number, cost: number): void {
    const used = this.#used(cells, at, now);
    cells.doubles[at] = this.#current.start;
    cells.doubles[at + 1] = used + cost;
  }

  giveBack(cells: Cells, at: number, now: number, part: number, _cost: number, then: number): void {
    const used = this.#used(cells, at, now);
    if (then >= this.#current.start) cells.doubles[at + 1] = Math.max(0, used - part);
  }

  left(cells: Cells, at: number, now: number): number {
    return Math.max(0, this.most - this.#used(cells, at, now));
  }

  waitFor(cells: Cells, at: number, now: number, amount: number): number {
    if (amount > this.most) return Number.POSITIVE_INFINITY;
    return this.left(cells, at, now) >= amount ? 0 : this.#current.end - now;
  }

  isFresh(cells: Cells, at: number, now: number): boolean {
    return this.#used(cells, at, now) === 0;
  }

  share(size: number, index: number): FixedWindow {
    return new FixedWindow({ limit: shareOf(this.most, size, index), windows: this.windows });
  }

  #used({ doubles }: Cells, at: number, now: number): number {
    return doubles[at] === this.windowAt(now).start ? doubles[at + 1]! : 0;
  }
}
