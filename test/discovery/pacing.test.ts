import { expect, it, onTestFinished, vi } from "vitest";
import type { Life } from "../../runtime/life/life.ts";
import { Repeat } from "../../runtime/life/repeat.ts";
import { timers } from "../../runtime/life/timers.ts";
import { createLog } from "../../runtime/log/log.ts";
import { Pacing } from "../../runtime/upstream/discovery/pacing.ts";

/** What a registry is asked by whom looks every `interval`, of which the first `failing` looks fail. Gives the pauses between. */
async function pausesOf(interval: number, failing: number, looks: number): Promise<number[]> {
  const pauses: number[] = [];
  const { after } = timers;
  vi.spyOn(timers, "after").mockImplementation((milliseconds, owner, callback) => {
    pauses.push(milliseconds);
    return after(milliseconds >= interval * 0.9 && count <= failing ? 60_000 : 0, owner, callback);
  });
  const ending = new AbortController();
  onTestFinished(() => {
    ending.abort();
    vi.restoreAllMocks();
  });
  let count = 0;
  const every: Life["every"] = (milliseconds, work) =>
    new Repeat({ milliseconds, work, signal: ending.signal, log: createLog() });
  const failures: unknown[] = [];
  const work = async (): Promise<undefined> => {
    if (++count <= failing) throw new Error(`look ${count}`);
  };
  new Pacing({ every, signal: ending.signal } as unknown as Life, interval, work, (error) => failures.push(error));
  await vi.waitFor(() => expect(count).toBeGreaterThanOrEqual(looks), { interval: 5 });
  ending.abort();
  expect(failures).toHaveLength(Math.min(failing, count));
  return pauses;
}

it("after failures the pauses double, with jitter, up to the interval", async () => {
  const pauses = await pausesOf(10_000, 5, 5);
  // Those of the interval stand beside them: the earlier one counts.
  const growing = pauses.filter((pause) => pause < 9_000);
  for (const [index, bound] of [200, 400, 800, 1_600].entries()) {
    expect(growing[index]).toBeGreaterThanOrEqual(bound / 2);
    expect(growing[index]).toBeLessThanOrEqual(bound);
  }
});

it("a look that succeeds begins anew, and instances do not come back together", async () => {
  const first = new Set<number>();
  for (let count = 0; count < 3; count++) {
    const pauses = await pausesOf(100_000, 1, 2);
    first.add(pauses.find((pause) => pause <= 200)!);
    vi.restoreAllMocks();
  }
  expect(first.size).toBe(3);
});

it("an interval that is shorter than the pause counts", async () => {
  const pauses = await pausesOf(200, 0, 6);
  expect(pauses.every((pause) => pause >= 180 && pause <= 220)).toBe(true);
});
