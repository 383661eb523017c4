import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { CounterTable } from "../../../runtime/limits/counter-table.ts";
import { createEvenWindows, FixedWindow } from "../../../runtime/limits/fixed-window.ts";
import type { Law } from "../../../runtime/limits/law.ts";
import { SlidingWindow } from "../../../runtime/limits/sliding-window.ts";
import { TokenBucket } from "../../../runtime/limits/token-bucket.ts";

/** One caller of a law. */
function callerOf(law: Law): {
  take(now: number, cost?: number): boolean;
  left(now: number): number;
  waitFor(now: number, amount: number): number;
  add(now: number, cost: number): void;
  giveBack(now: number, part: number, cost: number, then: number): void;
  isFresh(now: number): boolean;
} {
  const table = new CounterTable(law, 10);
  const at = (now: number): number => table.of("caller", now);
  return {
    take: (now, cost = 1) => law.take(table.cells, at(now), now, cost, Math.max(1, cost)),
    left: (now) => law.left(table.cells, at(now), now),
    waitFor: (now, amount) => law.waitFor(table.cells, at(now), now, amount),
    add: (now, cost) => law.add(table.cells, at(now), now, cost),
    giveBack: (now, part, cost, then) => law.giveBack(table.cells, at(now), now, part, cost, then),
    isFresh: (now) => law.isFresh(table.cells, at(now), now),
  };
}

interface Use {
  readonly time: number;
  readonly cost: number;
}

/** Where a process may have got to: from its start to four months of running. */
const start = fc.integer({ min: 0, max: 1e10 });
const uses = (longest: number, dearest = 5): fc.Arbitrary<readonly (readonly [wait: number, cost: number])[]> =>
  fc.array(
    fc.tuple(
      fc.oneof(fc.constant(0), fc.integer({ min: 0, max: longest }), fc.double({ min: 0, max: longest, noNaN: true })),
      fc.integer({ min: 1, max: dearest }),
    ),
    { minLength: 1, maxLength: 200 },
  );

/** What a law lets pass, when one comes after each wait. */
function passed(law: Law, from: number, all: readonly (readonly [number, number])[]): Use[] {
  const caller = callerOf(law);
  let time = from;
  return all.flatMap(([wait, cost]) => {
    time += wait;
    const left = caller.left(time);
    const took = caller.take(time, cost);
    expect(took).toBe(left >= cost);
    return took ? [{ time, cost }] : [];
  });
}

/** The most that any span of this length let pass. */
function mostWithin(all: readonly Use[], span: number): number {
  let first = 0;
  let sum = 0;
  let most = 0;
  for (const { time, cost } of all) {
    sum += cost;
    while (time - all[first]!.time >= span) sum -= all[first++]!.cost;
    most = Math.max(most, sum);
  }
  return most;
}

const laws: readonly [string, Law][] = [
  ["token bucket", new TokenBucket({ limit: 5, window: 500, burst: 5 })],
  ["sliding window", new SlidingWindow({ limit: 5, window: 1000 })],
  ["fixed window", new FixedWindow({ limit: 5, windows: createEvenWindows({ window: 1000 }) })],
];

describe.each(laws)("%s", (_name, law) => {
  it("knows how long to wait until so much is left", () => {
    fc.assert(
      fc.property(uses(300), start, fc.integer({ min: 1, max: 5 }), (all, from, amount) => {
        const caller = callerOf(law);
        let now = from;
        for (const [wait, cost] of all) caller.take((now += wait), cost);
        const wait = caller.waitFor(now, amount);
        expect(wait === 0).toBe(caller.left(now) >= amount);
        if (wait === 0) return;
        expect(caller.left(now + wait * 0.999 - 0.01)).toBeLessThan(amount);
        expect(caller.left(now + wait + 0.01)).toBeGreaterThanOrEqual(amount);
      }),
    );
  });

  it("lets nothing pass that costs more than the limit, and says that it never will", () => {
    const caller = callerOf(law);
    expect(caller.take(0, 6)).toBe(false);
    expect(caller.waitFor(0, 6)).toBe(Number.POSITIVE_INFINITY);
    expect(caller.isFresh(0)).toBe(true);
  });

  it("counts what turns out to be more beyond the limit, and lets nobody in until the debt is paid (ai-gateway#2394)", () => {
    const caller = callerOf(law);
    expect(caller.take(1000, 5)).toBe(true);
    caller.add(1000, 5);
    expect(caller.left(1000)).toBe(0);
    const wait = caller.waitFor(1000, 1);
    expect(caller.take(1000 + wait - 1)).toBe(false);
    expect(caller.take(1000 + wait + 0.01)).toBe(true);
  });

  it("gives back what was not used, and what others used not", () => {
    const caller = callerOf(law);
    caller.take(1000, 4);
    expect(caller.left(1000)).toBe(1);
    caller.giveBack(1000, 3, 4, 1000);
    expect(caller.left(1000)).toBe(4);
    // The window of the first use is over, and another one has used the limit since.
    caller.take(3000, 5);
    caller.giveBack(3000, 4, 4, 1000);
    expect(caller.left(3000)).toBe(0);
  });

  it("passes no more than the whole where it is shared by processes that know nothing of each other", () => {
    for (const size of [1, 2, 3, 7]) {
      const shares = Array.from({ length: size }, (_, index) => callerOf(law.share(size, index)));
      const count = shares.map((share) => Array.from({ length: 20 }, () => share.take(100)).filter(Boolean).length);
      expect(count.reduce((sum, one) => sum + one, 0)).toBe(5);
    }
  });
});

describe("a sliding window", () => {
  it("never lets more than the limit pass in any span of its length", () => {
    const shapes = fc.record({ limit: fc.integer({ min: 1, max: 30 }), window: fc.constantFrom(1000, 7000, 60_000) });
    fc.assert(
      fc.property(shapes, start, uses(15_000), ({ limit, window }, from, all) => {
        expect(mostWithin(passed(new SlidingWindow({ limit, window }), from, all), window)).toBeLessThanOrEqual(limit);
      }),
    );
  });

  it("gives the whole limit back after a window and a tenth", () => {
    const caller = callerOf(new SlidingWindow({ limit: 3, window: 1000 }));
    expect([1, 2, 3, 4].map((now) => caller.take(now))).toEqual([true, true, true, false]);
    expect(caller.take(1099)).toBe(false);
    expect(caller.left(1100)).toBe(3);
    expect(caller.isFresh(1100)).toBe(true);
  });
});

describe("a token bucket", () => {
  it("passes what a bucket passes that is filled drop by drop", () => {
    const shapes = fc.record({ limit: fc.integer({ min: 1, max: 40 }), burst: fc.integer({ min: 1, max: 30 }) });
    fc.assert(
      fc.property(shapes, start, uses(9000, 8), ({ limit, burst }, from, all) => {
        const window = 10_000;
        const caller = callerOf(new TokenBucket({ limit, window, burst }));
        let tokens = burst;
        let time = from;
        for (const [wait, cost] of all) {
          time += wait;
          tokens = Math.min(burst, tokens + (wait * limit) / window);
          const took = caller.take(time, cost);
          // Sums of fractions differ by less than this.
          if (Math.abs(tokens - cost) > 1e-5) expect(took).toBe(tokens > cost);
          if (took) tokens -= cost;
        }
      }),
    );
  });

  it("is not confused by a clock that steps back", () => {
    const caller = callerOf(new TokenBucket({ limit: 1, window: 100, burst: 1 }));
    expect([1000, 990, 1099, 1100].map((now) => caller.take(now))).toEqual([true, false, false, true]);
  });
});

describe("a fixed window", () => {
  it("lets the limit pass in each window, whatever was used in others", () => {
    fc.assert(
      fc.property(start, uses(900), (from, all) => {
        const law = new FixedWindow({ limit: 7, windows: createEvenWindows({ window: 1000 }) });
        const sums = new Map<number, number>();
        const caller = callerOf(law);
        let time = from;
        for (const [wait, cost] of all) {
          time += wait;
          const window = Math.floor(time / 1000);
          const sum = sums.get(window) ?? 0;
          expect(caller.take(time, cost)).toBe(sum + cost <= 7);
          if (sum + cost <= 7) sums.set(window, sum + cost);
        }
      }),
    );
  });

  it("is not opened again by a clock that is set back over its start", () => {
    const caller = callerOf(new FixedWindow({ limit: 1, windows: createEvenWindows({ window: 1000 }) }));
    expect([999, 1001, 998, 1002, 2001].map((now) => caller.take(now))).toEqual([true, true, false, false, true]);
  });

  it("begins anew where a clock is set back by more than a window, so that nobody waits for what is long past", () => {
    const caller = callerOf(new FixedWindow({ limit: 1, windows: createEvenWindows({ window: 1000 }) }));
    expect([500_000, 7500, 7501, 8000].map((now) => caller.take(now))).toEqual([true, true, false, true]);
  });
});
