import { type Contained, contain, contained, logged } from "../life/boundary.ts";
import { clock } from "../life/clock.ts";

/** Something that may take too long. */
export interface Expiring extends Contained {
  /** Monotonic milliseconds. */
  deadline: number;
  /** Place in the list; -1: not in it. Kept by `Deadlines`. */
  deadlineIndex: number;
  expire(): void;
}

/** Deadlines of everything that is under way, looked at now and then: no request has a timer of its own. */
export class Deadlines {
  readonly #list: Expiring[] = [];
  readonly #tick: number;
  #timer: NodeJS.Timeout | undefined = undefined;
  /** Coarse monotonic milliseconds; right while something is under way. */
  now = 0;

  /** `tick`: milliseconds between looks; a deadline is kept to about as much. */
  constructor(tick = 20) {
    this.#tick = tick;
  }

  /** `now`: exact monotonic milliseconds. */
  add(entry: Expiring, now: number): void {
    entry.deadlineIndex = this.#list.length;
    this.#list.push(entry);
    this.now = now;
    // Behind what has arrived by now: an answer that only waits for us to read it is not late.
    this.#timer ??= setInterval(setImmediate, this.#tick, this.#look);
  }

  remove(entry: Expiring): void {
    const index = entry.deadlineIndex;
    if (index < 0) return;
    const last = this.#list.pop()!;
    if (last !== entry) {
      this.#list[index] = last;
      last.deadlineIndex = index;
    }
    entry.deadlineIndex = -1;
  }

  readonly #look = contained(logged("a look at deadlines failed"), (): void => {
    const list = this.#list;
    if (list.length === 0) {
      clearInterval(this.#timer);
      this.#timer = undefined;
      return;
    }
    this.now = clock.monotonic();
    // From behind: who expires leaves the list.
    for (let index = list.length - 1; index >= 0; index--) {
      const entry = list[index];
      if (entry !== undefined && entry.deadline <= this.now) {
        this.remove(entry);
        try {
          entry.expire();
        } catch (error) {
          contain(entry, error);
        }
      }
    }
  });
}
