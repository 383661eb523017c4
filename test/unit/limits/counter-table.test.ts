import { describe, expect, it } from "vitest";
import { CounterTable } from "../../../runtime/limits/counter-table.ts";
import { SlidingWindow } from "../../../runtime/limits/sliding-window.ts";
import { TokenBucket } from "../../../runtime/limits/token-bucket.ts";

describe("a table of counters", () => {
  const law = new TokenBucket({ limit: 1, window: 1000, burst: 2 });
  const tableOf = (most: number): { readonly table: CounterTable; take(key: string, now?: number): boolean } => {
    const table = new CounterTable(law, most);
    return {
      table,
      take: (key, now = 0) => {
        const at = table.of(key, now);
        return law.take(table.cells, at, now, 1, 1);
      },
    };
  };

  it("gives every caller a counter of its own and keeps it", () => {
    const { table, take } = tableOf(10);
    for (const caller of ["a", "b"]) take(caller);
    expect(table.of("a", 0)).toBe(table.of("a", 0));
    expect(table.of("a", 0)).not.toBe(table.of("b", 0));
  });

  it("keeps what was counted while it grows", () => {
    const { take } = tableOf(10_000);
    const callers = Array.from({ length: 5000 }, (_, index) => `caller ${index}`);
    for (const caller of callers) for (let time = 0; time < 2; time++) expect(take(caller)).toBe(true);
    expect(callers.filter((caller) => take(caller))).toEqual([]);
  });

  it("forgets callers whose counters are as good as new, so that it holds no more than are active", () => {
    const { table, take } = tableOf(1_000_000);
    let largest = 0;
    for (let caller = 0; caller < 20_000; caller++) {
      take(`caller ${caller}`, caller);
      largest = Math.max(largest, table.size);
    }
    // A counter is used for 1000 ms and one caller comes each millisecond.
    expect(largest).toBeLessThan(3000);
  });

  it("never holds more than its bound", () => {
    const { table, take } = tableOf(50);
    for (let caller = 0; caller < 500; caller++) {
      take(`caller ${caller}`);
      expect(table.size).toBeLessThanOrEqual(50);
    }
  });

  it("never gives a caller that used up its limit a new one, whoever comes", () => {
    const { take } = tableOf(50);
    const exhausted = Array.from({ length: 40 }, (_, index) => `exhausted ${index}`);
    for (const caller of exhausted) for (let time = 0; time < 2; time++) take(caller);
    for (let caller = 0; caller < 5000; caller++) take(`caller ${caller}`);
    expect(exhausted.filter((caller) => take(caller))).toEqual([]);
  });

  it("lets newcomers share one counter while everybody has used up the limit", () => {
    const { table, take } = tableOf(10);
    const callers = Array.from({ length: 10 }, (_, index) => `caller ${index}`);
    for (const caller of callers) for (let time = 0; time < 2; time++) take(caller);
    expect(["x", "y", "z", "x"].map((caller) => take(caller))).toEqual([true, true, false, false]);
    expect(table.size).toBe(10);
    expect(take("z", 1_000_000)).toBe(true);
  });

  it("gives a forgotten caller's place to the next as good as new", () => {
    const { table, take } = tableOf(10);
    for (let time = 0; time < 3; time++) take("a");
    table.forget("a");
    expect([take("b"), take("b"), take("b"), take("a")]).toEqual([true, true, false, true]);
  });

  it("needs no more than 150 bytes for each caller", () => {
    for (const one of [law, new SlidingWindow({ limit: 5, window: 1000 })]) {
      const table = new CounterTable(one, 100_000);
      for (let caller = 0; caller < 100_000; caller++) table.of(`2001:db8:${caller}`, 0);
      // Map: three words an entry and one for two of them in buckets, of the next power of two; a name; the list of names.
      const map = (131_072 * 3.5 * 8) / 100_000;
      const cells = table.cells.doubles.byteLength / 100_000;
      expect(map + 32 + 12 + cells).toBeLessThan(150);
    }
  });
});
