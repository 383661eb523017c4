import { afterEach, expect, it, vi } from "vitest";
import { clock } from "../../../runtime/life/clock.ts";
import { inSlices } from "../../../runtime/life/in-slices.ts";

afterEach(() => void vi.restoreAllMocks());

/** Steps that take so many milliseconds each, by the clock. */
function steps(count: number, milliseconds: number): { readonly iterable: Iterable<number>; readonly taken: () => number } {
  let now = 0;
  vi.spyOn(clock, "monotonic").mockImplementation(() => now);
  function* made(): Generator<number> {
    for (let step = 0; step < count; step++) {
      now += milliseconds;
      yield step;
    }
  }
  return { iterable: made(), taken: () => now };
}

// telemetry row 32: what the event loop has to do comes between two slices, however much there is to do.
it("work that is not urgent never takes more than a slice and one step before others have their turn", async () => {
  const { iterable, taken } = steps(1_000, 0.06);
  const turns = [0];
  let isOver = false;
  const turn = (): void => {
    if (isOver) return;
    if (taken() > turns.at(-1)!) turns.push(taken());
    setImmediate(turn);
  };
  setImmediate(turn);
  let done = 0;
  await inSlices(iterable, () => void done++);
  isOver = true;
  expect(done).toBe(1_000);
  const slices = turns.slice(1).map((at, index) => at - turns[index]!);
  expect(slices.length).toBeGreaterThan(200);
  expect(Math.max(...slices)).toBeLessThan(0.1 + 0.06 + 1e-6);
});

it("between two slices timers have their turn as well, and not only what comes at once", async () => {
  const { iterable } = steps(20, 1);
  let timers = 0;
  const timer = setInterval(() => timers++, 0);
  await inSlices(iterable, () => {});
  clearInterval(timer);
  expect(timers).toBeGreaterThanOrEqual(19);
});

it("a step that waits for somebody ends its slice, and one that fails ends the work", async () => {
  const { iterable } = steps(10, 0.01);
  const done: number[] = [];
  await expect(
    inSlices(iterable, (step) => {
      if (step === 5) return Promise.reject(new Error("the reader is gone"));
      done.push(step);
    }),
  ).rejects.toThrow("the reader is gone");
  expect(done).toEqual([0, 1, 2, 3, 4]);
});
