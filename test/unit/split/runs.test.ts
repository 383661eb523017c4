import { expect, test } from "vitest";
import type { Exchange } from "../../../runtime/exchange/exchange.ts";
import type { Json } from "../../../runtime/life/json.ts";
import type { Life } from "../../../runtime/life/life.ts";
import { Judge } from "../../../runtime/policies/split/roll-out/judge.ts";
import type { Counts } from "../../../runtime/policies/split/roll-out/plan.ts";
import { createRollOut, type RollOut } from "../../../runtime/policies/split/roll-out/roll-out.ts";
import { plan, seen } from "./plan.ts";

/** A process of a group, and what it tells the others when a second is over. */
async function processOf(): Promise<{ readonly rollOut: RollOut; readonly told: () => readonly (Counts | null)[] }> {
  const rollOut = createRollOut({
    at: "policies.yaml:7",
    gateway: "shop",
    name: "next",
    release: "1",
    plan: plan(),
    firstAttemptAt: () => ({ hasFailed: true, isAbandoned: false, took: 1 }),
    timeUpload: () => undefined,
    shared: null,
  });
  const seconds: (() => void)[] = [];
  const reports: (Counts | null)[] = [];
  const silent = { value: undefined, publish: () => {}, subscribe: () => {} };
  const life = {
    latest: () => silent,
    events: () => ({ publish: ({ counts }: { counts: Counts | null }) => reports.push(counts), subscribe: () => {} }),
    every: (_pause: number, work: () => void) => {
      seconds.push(work);
      return { soon: () => {}, stop: () => {} };
    },
  };
  // Nothing else of it is used here.
  await rollOut.start(life as unknown as Life);
  return {
    rollOut,
    told: () => {
      for (const second of seconds) second();
      return reports.splice(0);
    },
  };
}

/** Hears where the roll-out stands, as from the process before it. */
const hears = (rollOut: RollOut, judge: Judge): void =>
  rollOut.adopt({ release: "1", known: { standing: judge.standing, order: "" }, evidence: null } as unknown as Json);

test("a process counts what came in the run that it knows of, and says in which it was", async () => {
  const { rollOut, told } = await processOf();
  const judge = new Judge(plan(), 0);
  hears(rollOut, judge);
  // Of it only what hangs on a caller is looked at, and no callers are told apart.
  const count = (run: number): void =>
    rollOut.count({ x: {} as Exchange, service: "next", isFresh: true, place: undefined, waited: 0, run, hasWrongShares: false });
  count(rollOut.run);
  expect(told()).toEqual([{ ...seen(1, 1, 0, 0), run: 0 }]);
  expect(told()).toEqual([]);

  // Begun anew while one has been counted and not told of, and another has no answer yet.
  const before = rollOut.run;
  count(before);
  judge.order({ do: "restart" }, 1_000);
  hears(rollOut, judge);
  count(before);
  expect(told()).toEqual([]);
  count(rollOut.run);
  expect(told()).toEqual([{ ...seen(1, 1, 0, 0), run: 1 }]);
});
