import { expect, test } from "vitest";
import { bounded, type RunValidator } from "../../../runtime/validation/run.ts";
import { Violations } from "../../../runtime/validation/violations.ts";

/** Asks about each value without end, and says that none is valid, or that all are. */
const endless =
  (answer: boolean): RunValidator =>
  (value, found, run) => {
    for (let count = 0; count < 1_000_000 && !run.isExhausted; count++) {
      if (found === null) run.holds(() => answer, value);
      else run.inside(found, () => answer, value);
    }
    return answer;
  };

test("a value that takes more steps than its size allows is refused, whatever its validator says", () => {
  for (const answer of [true, false]) {
    expect(bounded(endless(answer), { a: [1, 2] }, null, 4)).toBe(false);
    const found = new Violations({ in: "body" }, 20);
    expect(bounded(endless(answer), { a: [1, 2] }, found, 4)).toBe(false);
    expect(found.list).toEqual([
      { in: "body", pointer: "", keyword: "steps", message: "takes more steps to check than a value of its size may" },
    ]);
  }
});

test("the steps that a value may take grow with its size", () => {
  const stepsFor = (value: unknown): number => {
    let steps = 0;
    bounded(
      (part, _, run) => {
        while (!run.isExhausted) {
          run.holds(() => true, part);
          steps++;
        }
        return true;
      },
      value,
      null,
      5,
    );
    return steps;
  };
  const small = stepsFor([]);
  expect(stepsFor(Array.from({ length: 1_000 }, () => ({ a: 1 }))) - small).toBe(5 * 2_000);
});

test("a value that no validator remembers is not measured, and what was found before stays", () => {
  const found = new Violations({ in: "body" }, 20);
  found.add("type", "must be an object", "before");
  const isTwo: RunValidator = (value, into) => {
    if (value !== 2) into?.add("const", "must be 2");
    return value === 2;
  };
  expect(bounded(isTwo, 2, found, 1)).toBe(true);
  expect(bounded(isTwo, 3, found, 1)).toBe(false);
  expect(found.list.map(({ keyword }) => keyword)).toEqual(["type", "const"]);
});
