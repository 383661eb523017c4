import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Turns } from "../../../runtime/identity/turns.ts";

describe("turns", () => {
  it("go round among those who wait, whoever has how much; the oldest of one comes first", () => {
    const turns = new Turns<string>();
    for (const item of ["a1", "a2", "a3", "b1", "c1", "c2"]) turns.add([item[0]!], item);
    const order = Array.from({ length: 6 }, () => turns.next());
    expect(order).toEqual(["a1", "b1", "c1", "a2", "c2", "a3"]);
    expect(turns.next()).toBeUndefined();
  });

  it("are shared by level: those of one name have the turns of one, however many they are", () => {
    const turns = new Turns<string>();
    for (let index = 0; index < 100; index++) turns.add(["suspect", `address ${index}`, ""], `s${index}`);
    for (let index = 0; index < 3; index++) turns.add(["", "address", ""], `good${index}`);
    const order = Array.from({ length: 6 }, () => turns.next());
    expect(order).toEqual(["s0", "good0", "s1", "good1", "s2", "good2"]);
  });

  it("make room at the cost of who has most waiting, and of what came last", () => {
    const turns = new Turns<string>();
    for (const item of ["a1", "a2", "a3", "b1"]) turns.add([item[0]!], item);
    expect(turns.giveWay(["a"])).toBeUndefined();
    expect(turns.giveWay(["b"])).toBe("a3");
    turns.add(["b"], "b2");
    expect(turns.giveWay(["b"])).toBeUndefined();
    expect(turns.giveWay(["c"])).toBe("a2");
    expect(turns.size).toBe(3);
  });

  it("lose nothing and give nothing twice, and with room for n nobody waits in vain who has least", () => {
    const who = fc.tuple(fc.constantFrom("", "s"), fc.constantFrom("1", "2", "3"), fc.constantFrom("x", "y"));
    const step = fc.oneof(
      { weight: 3, arbitrary: who.map((path) => ({ path })) },
      { weight: 1, arbitrary: fc.constant(undefined) },
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 80 }), fc.integer({ min: 1, max: 8 }), (steps, room) => {
        const turns = new Turns<number>();
        const waiting = new Map<number, readonly string[]>();
        const has = (path: readonly string[], level: number): number =>
          [...waiting.values()].filter((other) => other.slice(0, level + 1).join() === path.slice(0, level + 1).join()).length;
        for (const [item, one] of steps.entries()) {
          if (one === undefined) {
            const next = turns.next();
            expect(next === undefined).toBe(waiting.size === 0);
            if (next !== undefined) expect(waiting.delete(next)).toBe(true);
            continue;
          }
          if (turns.size >= room) {
            const other = turns.giveWay(one.path);
            if (other === undefined) {
              // At some level nobody beside it has more than it would have.
              const shares = one.path.map((_, level) => [has(one.path, level), most(waiting, one.path, level)] as const);
              expect(shares.every(([own, others]) => others <= own + 1)).toBe(true);
              continue;
            }
            expect(waiting.delete(other)).toBe(true);
          }
          turns.add(one.path, item);
          waiting.set(item, one.path);
          expect(turns.size).toBe(waiting.size);
        }
        const left = new Set<number>();
        for (let next = turns.next(); next !== undefined; next = turns.next()) left.add(next);
        expect(left).toEqual(new Set(waiting.keys()));
      }),
    );
  });
});

/** Most that a neighbour has waiting: of the same names above, and another one at this level. */
function most(waiting: ReadonlyMap<number, readonly string[]>, path: readonly string[], level: number): number {
  const counts = new Map<string, number>();
  for (const other of waiting.values()) {
    if (other.slice(0, level).join() !== path.slice(0, level).join() || other[level] === path[level]) continue;
    counts.set(other[level]!, (counts.get(other[level]!) ?? 0) + 1);
  }
  return Math.max(0, ...counts.values());
}
