import { describe, expect, test } from "vitest";
import { Places } from "../../../runtime/policies/split/places.ts";
import { placeOf, seedOf } from "../../../runtime/policies/split/unit-hash.ts";

const users = Array.from({ length: 10_000 }, (_, index) => `user-${index}`);

const assigned = (experiment: string, shares: readonly number[]): readonly number[] => {
  const seed = seedOf(experiment);
  const places = new Places(shares);
  return users.map((user) => places.armAt(placeOf(seed, user)));
};

const sizes = (arms: readonly number[], count: number): readonly number[] =>
  Array.from({ length: count }, (_, arm) => arms.filter((one) => one === arm).length);

/** Six standard deviations of a binomial: beyond them once in 500 million. */
const within = (share: number): number => 6 * Math.sqrt(users.length * share * (1 - share)) + 1e-9;

describe("10,000 users", () => {
  test("never flip against the direction while weights go 1, 5, 25, 50, 25 % (traffic row 45)", () => {
    const steps = [0.01, 0.05, 0.25, 0.5, 0.25];
    const all = steps.map((share) => assigned("checkout-2", [share]));
    for (let step = 1; step < steps.length; step++) {
      const grows = steps[step]! > steps[step - 1]!;
      const flipped = users.filter((_, user) =>
        grows ? all[step - 1]![user] === 0 && all[step]![user] !== 0 : all[step - 1]![user] !== 0 && all[step]![user] === 0,
      );
      expect(flipped, `${steps[step - 1]} to ${steps[step]}`).toEqual([]);
    }
    // On shrinking those who came last go back: who is left are those of the same share before.
    expect(all[4]).toEqual(all[2]);
    for (const [step, share] of steps.entries())
      expect(Math.abs(sizes(all[step]!, 1)[0]! - share * users.length), `${share}`).toBeLessThan(within(share));
  });

  test("of two arms keep theirs whatever becomes of the other one", () => {
    for (const other of [0, 0.2, 0.5, 0.7]) {
      const before = assigned("two", [0.3, 0]);
      const after = assigned("two", [0.3, other]);
      expect(users.filter((_, user) => (before[user] === 0) !== (after[user] === 0))).toEqual([]);
      expect(Math.abs(sizes(after, 2)[1]! - other * users.length)).toBeLessThan(within(other));
    }
  });

  test("get the shares of many arms, also where there is nothing left", () => {
    for (const shares of [[0.4, 0.3, 0.2, 0.1], [0.1, 0.1, 0.6, 0.1, 0.1], Array.from({ length: 16 }, () => 1 / 16)]) {
      const found = sizes(assigned("many", shares), shares.length);
      for (const [arm, share] of shares.entries())
        expect(Math.abs(found[arm]! - share * users.length), `${shares} ${arm}`).toBeLessThan(within(share));
      // Shares as percentages are whole parts of nothing that a computer counts in: a user may be left over.
      expect(users.length - found.reduce((sum, one) => sum + one, 0)).toBeLessThanOrEqual(1);
    }
  });

  test("of a third arm stay while it grows alone", () => {
    const before = assigned("three", [0.1, 0.1, 0.05]);
    const after = assigned("three", [0.1, 0.1, 0.4]);
    expect(users.filter((_, user) => before[user] !== -1 && before[user] !== after[user])).toEqual([]);
  });
});

test("with 0 % nobody and with 100 % everybody has the arm: blue and green", () => {
  expect(new Set(assigned("blue-green", [0]))).toEqual(new Set([-1]));
  expect(new Set(assigned("blue-green", [1]))).toEqual(new Set([0]));
});

test("experiments of different names are independent: chi-square of each pair of 20, at 1 in 100,000", () => {
  const names = Array.from({ length: 20 }, (_, index) => `experiment-${index}`);
  const all = names.map((name) => assigned(name, [0.5]).map((arm) => arm === 0));
  for (let one = 0; one < names.length; one++)
    for (let other = one + 1; other < names.length; other++) {
      const counts = [0, 0, 0, 0];
      for (let user = 0; user < users.length; user++) counts[(all[one]![user] ? 2 : 0) + (all[other]![user] ? 1 : 0)]!++;
      const [a, b, c, d] = counts as [number, number, number, number];
      const square = (users.length * (a * d - b * c) ** 2) / ((a + b) * (c + d) * (a + c) * (b + d));
      // The quantile of chi-square with one degree of freedom.
      expect(square, `${names[one]} ${names[other]}`).toBeLessThan(19.51);
    }
});

test("places of users who differ in one character are spread evenly: chi-square over 256 parts", () => {
  const seed = seedOf("even");
  const counts = new Array<number>(256).fill(0);
  for (const user of users) counts[placeOf(seed, user) >>> 24]!++;
  const expected = users.length / 256;
  const square = counts.reduce((sum, count) => sum + (count - expected) ** 2 / expected, 0);
  // Mean 255, standard deviation 22.6: five of them on either side.
  expect(square).toBeGreaterThan(142);
  expect(square).toBeLessThan(368);
});
