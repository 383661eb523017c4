import { describe, expect, it } from "vitest";
import { S3Fifo } from "../../../runtime/caching/s3-fifo.ts";
import { seededChance } from "../../harness/seeded-chance.ts";

const objects = 10_000;
const requests = 80_000;
/** Bytes of a value: a short answer with its head. */
const size = 2_000;

/** Objects by how often they are asked for: Zipf with exponent 0.9, which is what Breslau et al. saw of the web (INFOCOM 1999). */
function zipf(chance: () => number): () => number {
  const sums = new Float64Array(objects);
  let sum = 0;
  for (let rank = 0; rank < objects; rank++) sums[rank] = sum += 1 / (rank + 1) ** 0.9;
  return () => {
    const wanted = chance() * sum;
    let [low, high] = [0, objects - 1];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (sums[middle]! < wanted) low = middle + 1;
      else high = middle;
    }
    return low;
  };
}

/** What is asked for; `scans`: now and then somebody walks through what nobody else wants. */
function trace(scans: boolean): readonly string[] {
  const chance = seededChance(15);
  const next = zipf(chance);
  const keys: string[] = [];
  let scanned = 0;
  while (keys.length < requests) {
    keys.push(String(next()));
    if (scans && keys.length % 10_000 === 0) for (let step = 0; step < 2_000; step++) keys.push(`scan ${scanned++}`);
  }
  return keys;
}

function hits(keys: readonly string[], has: (key: string) => boolean): number {
  let count = 0;
  let asked = 0;
  for (const key of keys) {
    const isHit = has(key);
    if (key.startsWith("scan")) continue;
    asked++;
    if (isHit) count++;
  }
  return (count / asked) * 100;
}

function lru(bytes: number): (key: string) => boolean {
  const kept = new Map<string, true>();
  return (key) => {
    const isHit = kept.delete(key);
    kept.set(key, true);
    if (kept.size * size > bytes) kept.delete(kept.keys().next().value!);
    return isHit;
  };
}

function s3Fifo(bytes: number): (key: string) => boolean {
  const kept = new S3Fifo<object>(bytes, () => {});
  return (key) => {
    const isHit = kept.get(key) !== undefined;
    if (!isHit) kept.put(key, {}, size);
    if (kept.bytes > bytes) throw new Error(`${kept.bytes} bytes are kept, of ${bytes}`);
    return isHit;
  };
}

describe("what is kept within so many bytes", () => {
  it.each([
    ["1 % of the objects", 0.01, false, 5],
    ["1 %, with scans", 0.01, true, 5],
    ["10 %", 0.1, false, 3],
    ["10 %, with scans", 0.1, true, 3],
    ["50 %", 0.5, false, -0.5],
    ["50 %, with scans", 0.5, true, -0.5],
  ])("is asked for more often than with LRU: room for %s", (_what, share, scans, points) => {
    const keys = trace(scans);
    const bytes = objects * share * size;
    const difference = hits(keys, s3Fifo(bytes)) - hits(keys, lru(bytes));
    expect(difference).toBeGreaterThan(points);
  });

  it("is told when it leaves, and leaves for something larger", () => {
    const left: string[] = [];
    const kept = new S3Fifo<string>(10_000, (key) => left.push(key));
    expect(kept.put("a", "1", 4_000)).toBe(true);
    expect(kept.put("a", "2", 4_000), "another value takes its place").toBe(true);
    expect([kept.get("a"), left]).toEqual(["2", ["a"]]);
    expect(kept.put("b", "1", 4_000)).toBe(true);
    expect(kept.put("c", "1", 4_000)).toBe(true);
    expect(left, "the oldest that nobody asked for twice").toEqual(["a", "a"]);
    kept.delete("b");
    expect([left, kept.get("b"), kept.count]).toEqual([["a", "a", "b"], undefined, 1]);
    expect(kept.put("c", "2", 6_000), "more than half of all there is").toBe(false);
    expect([kept.get("c"), left.at(-1)]).toEqual([undefined, "c"]);
    kept.clear();
    expect([kept.bytes, kept.count]).toEqual([0, 0]);
  });
});
