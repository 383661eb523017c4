import { clock } from "../../life/clock.ts";

/** A clock that is read in whole milliseconds shows less than the time, by up to this. */
const slack = 2;

/** Milliseconds after which another look is worth its while. */
const pause = 1;

/** Monotonic time as time since the epoch, finer than the clock that tells that shows it. */
export class WallClock {
  #offset = Number.NEGATIVE_INFINITY;
  #lookedAt = Number.NEGATIVE_INFINITY;

  /**
   * Looks at the clock, unless it has just done so. Whichever look came right behind a tick was the best; one that differs by more
   * shows that the clock was set.
   *
   * @param now as `clock.monotonic` has just told it
   */
  adjust(now: number): void {
    if (now - this.#lookedAt < pause) return;
    this.#lookedAt = now;
    const offset = clock.wall() - now;
    if (offset > this.#offset || offset < this.#offset - slack) this.#offset = offset;
  }

  /** Milliseconds since the epoch. */
  at(monotonic: number): number {
    return this.#offset + monotonic;
  }
}
