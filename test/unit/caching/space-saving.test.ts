import { describe, expect, test } from "vitest";
import { SpaceSaving } from "../../../runtime/caching/warming/space-saving.ts";
import { seededChance } from "../../harness/seeded-chance.ts";

/** Keys of a Zipf distribution with exponent 1, by inversion. */
function zipf(keys: number, chance: () => number): () => string {
  const sums: number[] = [];
  for (let rank = 1; rank <= keys; rank++) sums.push((sums.at(-1) ?? 0) + 1 / rank);
  return () => {
    const wanted = chance() * sums.at(-1)!;
    let [low, high] = [0, keys - 1];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (sums[middle]! < wanted) low = middle + 1;
      else high = middle;
    }
    return `key ${low}`;
  };
}

describe("Space-Saving", () => {
  test("counts exactly as long as there is a counter for each key", () => {
    const sketch = new SpaceSaving(4);
    for (const key of "abcabab a".split("")) sketch.add(key);
    expect(sketch.take(10)).toEqual([["a", 4], ["b", 3], ["c", 1], [" ", 1]]); // biome-ignore format: one line
    expect(sketch.take(10)).toEqual([]);
  });

  test("has each key that came more than n / m times, and never says more of one than is true", () => {
    const counters = 64;
    for (let seed = 1; seed <= 20; seed++) {
      const sketch = new SpaceSaving(counters);
      const exact = new Map<string, number>();
      const next = zipf(5_000, seededChance(seed));
      const count = 20_000;
      for (let index = 0; index < count; index++) {
        const key = next();
        sketch.add(key);
        exact.set(key, (exact.get(key) ?? 0) + 1);
      }
      const found = new Map(sketch.take(counters));
      for (const [key, atLeast] of found) expect(atLeast).toBeLessThanOrEqual(exact.get(key)!);
      // Of those that are surely there, all whose count is more than twice the largest error are shown with one.
      for (const [key, times] of exact) if (times > (2 * count) / counters) expect(found.has(key), key).toBe(true);
    }
  });

  test("a scan of keys that come once does not drive out what is asked for often", () => {
    const sketch = new SpaceSaving(400);
    for (let index = 0; index < 100_000; index++) {
      sketch.add(`scan ${index}`);
      if (index % 10 === 0) sketch.add(`popular ${(index / 10) % 10}`);
    }
    const found = sketch.take(10);
    expect(found.map(([key]) => key).sort()).toEqual(Array.from({ length: 10 }, (_, index) => `popular ${index}`));
    for (const [, count] of found) expect(count).toBeGreaterThan(900);
  });

  test("a text that a key is a part of is not kept with it", () => {
    const sketch = new SpaceSaving(1_000);
    const before = process.memoryUsage().heapUsed;
    for (let index = 0; index < 1_000; index++)
      sketch.add(`${"x".repeat(100_000)} ${String(index).padStart(30, "0")}`.slice(-30));
    globalThis.gc?.();
    expect(process.memoryUsage().heapUsed - before).toBeLessThan(30_000_000);
    expect(sketch.take(1_000)).toHaveLength(1_000);
  });
});
