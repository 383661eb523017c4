import { onTestFinished } from "vitest";
import { contained } from "../../runtime/life/boundary.ts";
import { clock } from "../../runtime/life/clock.ts";
import { timers } from "../../runtime/life/timers.ts";

interface Waiting {
  readonly at: number;
  readonly callback: () => void;
}

/** Stands still until it is turned: all time of what lives, for one test. */
export class TurnedClock {
  #now = 1_000_000;
  readonly #waiting = new Set<Waiting>();
  readonly #wallAtStart = Date.UTC(2026, 11, 1);

  /** Takes the place of `clock` and `timers` until the test is over. */
  constructor() {
    const before = { ...clock, after: timers.after };
    clock.monotonic = () => this.#now;
    clock.wall = () => this.#wallAtStart + this.#now - 1_000_000;
    timers.after = (milliseconds, owner, callback) => {
      const one = { at: this.#now + milliseconds, callback: contained(owner, callback) };
      this.#waiting.add(one);
      return { cancel: () => void this.#waiting.delete(one) };
    };
    onTestFinished(() => {
      Object.assign(clock, { monotonic: before.monotonic, wall: before.wall });
      timers.after = before.after;
    });
  }

  /** Monotonic milliseconds. */
  get now(): number {
    return this.#now;
  }

  /** Timers that are set. */
  get waiting(): number {
    return this.#waiting.size;
  }

  /** Milliseconds from now until the next timer. */
  get next(): number {
    return Math.min(...[...this.#waiting].map(({ at }) => at)) - this.#now;
  }

  /** Lets the time pass; what comes due in it is called in its order, each with all that follows from it. */
  async turn(milliseconds: number): Promise<void> {
    const until = this.#now + milliseconds;
    await settled();
    for (;;) {
      const due = [...this.#waiting].filter(({ at }) => at <= until).toSorted((one, other) => one.at - other.at)[0];
      if (due === undefined) break;
      this.#waiting.delete(due);
      this.#now = Math.max(this.#now, due.at);
      due.callback();
      await settled();
    }
    this.#now = until;
  }
}

/** Everything that can go on without time or the outside world has gone on. */
export const settled = (): Promise<void> => new Promise((resolve) => setImmediate(() => setImmediate(resolve)));
