import { clock } from "../../life/clock.ts";

/** A clock that is read in whole milliseconds shows less than the time, by up to this. */
const slack = 2;

/** Monotonic time as time since the epoch, finer than the clock that tells that shows it. */
export class WallClock {
  #offset = Number.NEGATIVE_INFINITY;

  /** Looks at both clocks. Whichever look came right behind a tick was the best; one that differs by more shows that the clock was set. */
  adjust(): void {
    const offset = clock.wall() - clock.monotonic();
    if (offset > this.#offset || offset < this.#offset - slack) this.#offset = offset;
  }

  /** Milliseconds since the epoch. */
  at(monotonic: number): number {
    return this.#offset + monotonic;
  }
}
