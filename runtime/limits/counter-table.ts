import { keptText } from "../exchange/kept-text.ts";
import type { Cells, Law } from "./law.ts";

/** Callers looked at when a place is needed and all are taken. */
const candidates = 8;

/** Places to begin with; the table doubles when they are taken. */
const firstPlaces = 64;

/**
 * What was counted of all callers, of bounded number. Every new caller pays for a look at two old ones, and those whose
 * counters are as good as new are forgotten: no timer runs, and the work per request does not grow with the callers.
 *
 * With all places taken, a few callers are looked at and the one with most left gives way, if it has anything left.
 * Callers that have used up their limit are never forgotten; where only such are found, newcomers share one counter,
 * so that making up callers neither refills a limit nor opens a way around it.
 */
export class CounterTable {
  readonly #law: Law;
  readonly #most: number;
  readonly #places = new Map<string, number>();
  /** By place. Place 0 is the one that newcomers share. */
  readonly #keys: (string | undefined)[] = [undefined];
  readonly #free: number[] = [];
  cells: Cells;
  #hand = 0;

  constructor(law: Law, most: number) {
    this.#law = law;
    this.#most = most;
    this.cells = cellsFor(law.width * Math.min(firstPlaces, most + 1));
  }

  get size(): number {
    return this.#places.size;
  }

  has(key: string): boolean {
    return this.#places.has(key);
  }

  /** Where the cells of this caller begin. Stands until the next call. */
  of(key: string, now: number): number {
    const known = this.#places.get(key);
    if (known !== undefined) return known * this.#law.width;
    this.#forgetFresh(now);
    if (this.#places.size >= this.#most && !this.#makeRoom(now)) return 0;
    const place = this.#free.pop() ?? this.#keys.length;
    const kept = keptText(key);
    this.#keys[place] = kept;
    this.#places.set(kept, place);
    this.#growFor(place);
    return place * this.#law.width;
  }

  forget(key: string): void {
    const place = this.#places.get(key);
    if (place !== undefined) this.#clear(place, key);
  }

  #growFor(place: number): void {
    const { width } = this.#law;
    const { doubles } = this.cells;
    if ((place + 1) * width <= doubles.length) return;
    const grown = cellsFor(Math.min(doubles.length * 2, (this.#most + 1) * width));
    grown.doubles.set(doubles);
    this.cells = grown;
  }

  #forgetFresh(now: number): void {
    for (let looks = 0; looks < 2; looks++) {
      const place = this.#next();
      const key = this.#keys[place];
      if (key !== undefined && this.#law.isFresh(this.cells, place * this.#law.width, now)) this.#clear(place, key);
    }
  }

  #makeRoom(now: number): boolean {
    let best = 0;
    let mostLeft = 0;
    for (let looks = 0; looks < candidates; looks++) {
      const place = this.#next();
      if (this.#keys[place] === undefined) continue;
      const left = this.#law.left(this.cells, place * this.#law.width, now);
      if (left > mostLeft) {
        mostLeft = left;
        best = place;
      }
    }
    if (best === 0) return false;
    this.#clear(best, this.#keys[best]!);
    return true;
  }

  #clear(place: number, key: string): void {
    const { width } = this.#law;
    this.#places.delete(key);
    this.#keys[place] = undefined;
    this.cells.doubles.fill(0, place * width, (place + 1) * width);
    this.#free.push(place);
  }

  /** The next place, round and round; 0 where there is no other. */
  #next(): number {
    this.#hand = this.#hand + 1 < this.#keys.length ? this.#hand + 1 : Math.min(1, this.#keys.length - 1);
    return this.#hand;
  }
}

function cellsFor(width: number): Cells {
  const buffer = new ArrayBuffer(width * 8);
  return { doubles: new Float64Array(buffer), counts: new Uint32Array(buffer) };
}
