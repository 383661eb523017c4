import { appendFileSync } from "node:fs";
import { expect, test } from "vitest";
import { atFivePercent, failing, regionByRegion, rollOutPage, runsOf, wholeRollOut, within } from "./roll-outs/grid.ts";
import { played, type Release } from "./roll-outs/play.ts";

/** `run.mjs` says where to write what people read, and plays all of it. */
const out = process.env.SIMULATOR_OUT;
const seeds = out === undefined ? 120 : 1_000;

/** Two of 120 are 1.7%: as many may miss as would by chance where 99% hold (at most 5 in 120, at 1 in 1,000). */
const allowed = out === undefined ? 5 : 10;

test.each([0, 0.001])(
  "a release with 5%% errors at 5%% of 200 requests per second is rolled back in 30 s, the old one at %f",
  (old) => {
    const runs = runsOf(atFivePercent(failing(old), failing(0.05), 90), seeds);
    expect(seeds - within(runs, 30)).toBeLessThanOrEqual(allowed);
  },
);

test("and in 90 s, where 1% of the requests to the old one fail", () => {
  const runs = runsOf(atFivePercent(failing(0.01), failing(0.05), 90), seeds);
  expect(seeds - within(runs, 90)).toBeLessThanOrEqual(allowed);
});

test.each([0.0005, 0.01])("good releases of ten minutes with %f bad requests are not rolled back", (bad) => {
  const quality = { failing: bad, slow: bad };
  const runs = runsOf(wholeRollOut(quality, quality), seeds);
  expect(runs.seconds.length).toBeLessThanOrEqual(allowed);
});

/** The grid plays them with all seeds. */
const few = 20;

test("good releases that go through two regions are not rolled back, over both together", () => {
  const quality = { failing: 0.01, slow: 0.01 };
  expect(runsOf(regionByRegion(quality, [quality, quality]), few).seconds.length).toBeLessThanOrEqual(1);
});

test("a release that is bad in the second region alone is rolled back there", () => {
  const quality = { failing: 0.001, slow: 0.001 };
  const runs = runsOf(regionByRegion(quality, [quality, { ...quality, failing: 0.05 }]), few);
  expect(runs.seconds).toHaveLength(runs.all);
  // In it, and not in the one before.
  expect(runs.seconds.filter((second) => second <= 600).length).toBeLessThanOrEqual(1);
});

test("one client that chooses the new service and fails there all the time brings about neither a roll-back nor a hold", () => {
  const good = { failing: 0.0005, slow: 0.002 };
  const release = { ...wholeRollOut(good, good), seconds: 900 };
  const phases = (attack: Release["attack"]): string[] =>
    Array.from(
      { length: seeds },
      (_, seed) => played({ ...release, ...(attack === undefined ? {} : { attack }) }, seed + 1).phase,
    );
  const rolledBack = (all: readonly string[]): number => all.filter((phase) => phase === "rolledBack").length;
  // Twelve processes each have its first one. The control: where callers are not told apart, it has its will.
  const told = phases({ processes: 12, isTold: true });
  expect(rolledBack(told)).toBeLessThanOrEqual(allowed);
  expect(rolledBack(phases({ processes: 1, isTold: false }))).toBe(seeds);
  const complete = (all: readonly string[]): number => all.filter((phase) => phase === "complete").length;
  expect(complete(told)).toBeGreaterThanOrEqual(complete(phases(undefined)) - allowed);
  expect(complete(told)).toBeGreaterThan(0.9 * seeds);
});

test.runIf(out !== undefined)(
  "the grid",
  () => {
    appendFileSync(out!, rollOutPage(seeds));
  },
  1_800_000,
);
