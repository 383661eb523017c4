import { expect, it } from "vitest";
import { AttemptBudget } from "../../../runtime/upstream/attempts/attempt-budget.ts";
import { Backoff } from "../../../runtime/upstream/attempts/backoff.ts";

const taken = (budget: AttemptBudget, now: number): number => {
  let count = 0;
  while (budget.take(now)) count++;
  return count;
};

it("without requests there is the floor, for the ten seconds of the window at once", () => {
  expect(taken(new AttemptBudget({ ratio: 0.2, min: 10 }), 0)).toBe(100);
  expect(taken(new AttemptBudget({ ratio: 0.2, min: 0 }), 0)).toBe(0);
});

it("five requests pay for one further attempt at 20 %", () => {
  const budget = new AttemptBudget({ ratio: 0.2, min: 0 });
  for (let count = 0; count < 4; count++) budget.deposit(50);
  expect(budget.take(50)).toBe(false);
  budget.deposit(50);
  expect(budget.take(50)).toBe(true);
  expect(budget.exhausted).toBe(1);
});

it("what requests paid in, and what was taken, is forgotten after ten seconds", () => {
  const budget = new AttemptBudget({ ratio: 0.5, min: 1 });
  for (let count = 0; count < 100; count++) budget.deposit(500);
  expect(taken(budget, 500)).toBe(60);
  expect(taken(budget, 9_999)).toBe(0);
  // The second of the requests has left the window, and with it what was taken.
  expect(taken(budget, 10_000)).toBe(10);
  // However long nothing happened.
  expect(taken(budget, 10_000_000)).toBe(10);
});

it("a steady stream of failures has further attempts for its ratio and the floor, second by second", () => {
  const budget = new AttemptBudget({ ratio: 0.2, min: 10 });
  let count = 0;
  for (let now = 0; now < 100_000; now++) {
    budget.deposit(now);
    if (budget.take(now)) count++;
  }
  expect(count).toBeGreaterThan(100_000 * 0.2);
  expect(count).toBeLessThanOrEqual(100_000 * 0.2 + 100 * 10 + 200);
});

it("sums do not drift", () => {
  const budget = new AttemptBudget({ ratio: 0.1, min: 0 });
  for (let now = 0; now < 1_000_000; now++) budget.deposit(now);
  // Of the last ten seconds.
  expect(taken(budget, 999_999)).toBe(1_000);
});

it("a pause is anything from nothing to a bound that doubles, and is never above the longest", () => {
  const backoff = new Backoff({ base: 25, max: 90 });
  for (const [retry, bound] of [25, 50, 90, 90].entries()) {
    const pauses = Array.from({ length: 2_000 }, () => backoff.before(retry));
    expect(Math.min(...pauses)).toBeLessThan(bound * 0.05);
    expect(Math.max(...pauses)).toBeGreaterThan(bound * 0.95);
    expect(Math.max(...pauses)).toBeLessThan(bound);
  }
});
