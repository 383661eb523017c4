import { keptText } from "../../exchange/kept-text.ts";
import type { Counter } from "./counter.ts";

/** Callers looked at when a place is needed and all are taken. */
const candidates = 8;

/**
 * The counters of all callers, of bounded number. Every new caller pays for a look at two old ones, and those whose
 * counters are as good as new are forgotten: no timer runs, and the work per request does not grow with the callers.
 *
 * With all places taken, a few callers are looked at and the one with most left gives way, if it has anything left.
 * Callers that have used up their limit are never forgotten; where only such are found, newcomers share one counter,
 * so that making up callers neither refills a limit nor opens a way around it.
 */
export class Counters {
  readonly #make: () => Counter;
  readonly #most: number;
  readonly #counters = new Map<string, Counter>();
  readonly #shared: Counter;
  #hand: Iterator<[string, Counter]>;

  constructor(make: () => Counter, most: number) {
    this.#make = make;
    this.#most = most;
    this.#shared = make();
    this.#hand = this.#counters.entries();
  }

  get size(): number {
    return this.#counters.size;
  }

  of(key: string, now: number): Counter {
    const known = this.#counters.get(key);
    if (known !== undefined) return known;
    this.#forgetFresh(now);
    if (this.#counters.size >= this.#most && !this.#makeRoom(now)) return this.#shared;
    const counter = this.#make();
    this.#counters.set(keptText(key), counter);
    return counter;
  }

  #forgetFresh(now: number): void {
    for (let looks = 0; looks < 2; looks++) {
      const entry = this.#next();
      if (entry === undefined) return;
      if (entry[1].isFresh(now)) this.#counters.delete(entry[0]);
    }
  }

  #makeRoom(now: number): boolean {
    let best: string | undefined;
    let mostLeft = 0;
    for (let looks = 0; looks < candidates; looks++) {
      const entry = this.#next();
      if (entry === undefined) break;
      const left = entry[1].left(now);
      if (left > mostLeft) {
        mostLeft = left;
        best = entry[0];
      }
    }
    return best !== undefined && this.#counters.delete(best);
  }

  /** The next caller, round and round; undefined where there is none. */
  #next(): [string, Counter] | undefined {
    let step = this.#hand.next();
    if (step.done === true) {
      this.#hand = this.#counters.entries();
      step = this.#hand.next();
    }
    return step.done === true ? undefined : step.value;
  }
}
