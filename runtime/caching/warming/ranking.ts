/** How often a key was asked for, as far as it still counts. */
export type Asked = readonly [key: string, count: number];

/** Milliseconds after which what was counted counts half. */
export const halfLife = 3_600_000;

/** What counts less than that is forgotten. */
const least = 1 / 64;

/** Longest key; longer ones are hashed by the cache, and tell nobody what they were made of. */
export const longestKey = 256;

/** What was asked for most, of a bounded size. What was counted long ago counts less: every hour half. */
export class Ranking {
  readonly #most: number;
  #counts = new Map<string, number>();
  #decayedAt = Number.NaN;

  /** `most`: keys that are remembered. */
  constructor(most: number) {
    this.#most = most;
  }

  get size(): number {
    return this.#counts.size;
  }

  /** `now`: milliseconds of one clock. */
  add(asked: readonly Asked[], now: number): void {
    this.decay(now);
    for (const [key, count] of asked) this.#counts.set(key, (this.#counts.get(key) ?? 0) + count);
    if (this.#counts.size > this.#most) this.#counts = new Map(this.top(this.#most));
  }

  decay(now: number): void {
    const factor = decayed(now - this.#decayedAt);
    this.#decayedAt = now;
    if (!(factor < 1)) return;
    for (const [key, count] of this.#counts)
      if (count * factor < least) this.#counts.delete(key);
      else this.#counts.set(key, count * factor);
  }

  /** The first `most` of them. */
  top(most: number): readonly Asked[] {
    return [...this.#counts].sort(inOrder).slice(0, most);
  }
}

/** What is left of what was counted so many milliseconds ago; of what was counted by a clock that is ahead, all. */
export const decayed = (milliseconds: number): number => 2 ** (-Math.max(0, milliseconds) / halfLife);

/** The same in all processes where counts are equal. */
const inOrder = ([key, count]: Asked, [otherKey, other]: Asked): number => other - count || (key < otherKey ? -1 : 1);

/** What another process, or another build, says of it; what cannot be read is left out. */
export function askedIn(value: unknown, most: number): readonly Asked[] {
  if (!Array.isArray(value)) return [];
  return value.slice(0, most).filter(isAsked);
}

const isAsked = (one: unknown): one is Asked =>
  Array.isArray(one) &&
  one.length === 2 &&
  typeof one[0] === "string" &&
  one[0].length <= longestKey &&
  typeof one[1] === "number" &&
  Number.isFinite(one[1]) &&
  one[1] > 0;
