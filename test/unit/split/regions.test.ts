import { describe, expect, test } from "vitest";
import { CallerCount } from "../../../runtime/policies/split/roll-out/callers.ts";
import { type Counts, runOf, type Standing } from "../../../runtime/policies/split/roll-out/plan.ts";
import { writtenIn } from "../../../runtime/policies/split/roll-out/recorded.ts";
import { RegionalJudge, type RegionalPlan, shareOf } from "../../../runtime/policies/split/roll-out/regions/regional-judge.ts";
import { createRegionalRollOut } from "../../../runtime/policies/split/roll-out/regions/regional-roll-out.ts";

const step = (region: string, share: number) => ({ region, share, after: 60_000, until: null, hold: false });

/** `eu`: 5% and 100%; `us`: 10%, 50% and 100%. */
const plan = (more: Partial<RegionalPlan> = {}): RegionalPlan => ({
  base: 0,
  steps: [step("eu", 0.05), step("eu", 1), step("us", 0.1), step("us", 0.5), step("us", 1)],
  metrics: [{ name: "errors", allowed: 0.001, bound: null }],
  minimum: 100,
  callers: 0,
  falseAlarms: 0.01,
  regions: ["eu", "us"],
  othersHold: false,
  ...more,
});

const seen = (region: string, fresh: number, failed: number, old: number, oldFailed = 0): Counts => ({
  region,
  fresh: { all: fresh, bad: [failed] },
  old: { all: old, bad: [oldFailed] },
});

/** In each of so many seconds from `from` on, by processes that know how often it was set going. */
function play(judge: RegionalJudge, from: number, seconds: number, ...each: readonly Counts[]): void {
  for (let second = from + 1; second <= from + seconds; second++) {
    for (const counts of each) judge.observe({ ...counts, run: runOf(judge.standing) }, second * 1_000);
    judge.advance(second * 1_000, undefined);
  }
}

const well = [seen("eu", 10, 0, 190), seen("us", 10, 0, 190)] as const;

/** In the first step of `us`. */
function inSecond(more: Partial<RegionalPlan> = {}): RegionalJudge {
  const judge = new RegionalJudge(plan(more), 0);
  play(judge, 0, 120, ...well);
  expect(judge.standing).toMatchObject({ region: "us", step: 2, share: 0.1, shares: { eu: 1, us: 0.1 } });
  return judge;
}

describe("a roll-out that goes from region to region", () => {
  test("goes through the steps of one, and then through those of the next", () => {
    const judge = new RegionalJudge(plan(), 0);
    expect(judge.standing).toMatchObject({ region: "eu", shares: { eu: 0.05, us: 0 }, why: "eu: it has begun" });
    play(judge, 0, 60, ...well);
    expect(judge.standing).toMatchObject({ region: "eu", shares: { eu: 1, us: 0 } });
    play(judge, 60, 60, ...well);
    expect(judge.standing).toMatchObject({ region: "us", shares: { eu: 1, us: 0.1 }, why: "us: the step before went well" });
    play(judge, 120, 180, ...well);
    expect(judge.standing).toMatchObject({ phase: "complete", shares: { eu: 1, us: 1 } });
  });

  test("hears of no region but the one whose turn it is", () => {
    const judge = new RegionalJudge(plan(), 0);
    play(judge, 0, 90, seen("us", 100, 100, 100), { fresh: { all: 100, bad: [100] }, old: { all: 100, bad: [0] } });
    expect(judge.standing).toMatchObject({
      phase: "running",
      step: 0,
      why: "held: the new service has had no requests in this step",
    });
  });

  test("goes back everywhere, or in that region alone, as is stated", () => {
    for (const [othersHold, eu] of [
      [false, 0],
      [true, 1],
    ] as const) {
      // biome-ignore format: one line
      const judge = inSecond({ othersHold });
      play(judge, 120, 30, seen("us", 10, 3, 190), seen("eu", 200, 0, 0));
      expect(judge.standing).toMatchObject({ phase: "rolledBack", region: "us", share: 0, shares: { eu, us: 0 } });
      expect(judge.standing.why).toMatch(/^us: errors: bad are/);
      play(judge, 150, 600, ...well);
      expect(judge.standing.shares).toEqual({ eu, us: 0 });
    }
  });

  test("spends one chance of a false alarm on all regions: the bets of the second have higher numbers", () => {
    const judge = inSecond();
    expect(judge.evidence.epochs.map(({ number }) => number)).toEqual([3]);
    play(judge, 120, 1, ...well);
    expect(judge.standing.verdicts[0]!.needed).toBe((3 * 4) / 0.01);
  });

  test("is measured by the old service of its own region where nobody is left with that", () => {
    // In eu, 20% failed with the old service as well; in us none does.
    const judge = new RegionalJudge(plan({ metrics: [{ name: "errors", allowed: 0.001, bound: null }] }), 0);
    play(judge, 0, 120, seen("eu", 10, 2, 190, 38));
    expect(judge.standing.region).toBe("us");
    expect(judge.evidence.before.all).toBe(0);
    play(judge, 120, 120, seen("us", 10, 0, 190));
    expect(judge.standing).toMatchObject({ region: "us", share: 1 });
    play(judge, 240, 30, seen("us", 100, 20, 0));
    expect(judge.standing.phase).toBe("rolledBack");
  });

  test("follows a hand in each region, and goes on from there", () => {
    const judge = inSecond({ othersHold: true });
    expect(judge.order({ do: "set", share: 0.3 }, 121_000)).toBe("Say in which region: eu, us.");
    expect(judge.order({ do: "set", share: 0.3, region: "ap" }, 121_000)).toBe("There is no region ap. There are eu, us.");
    expect(judge.order({ do: "set", share: 0.3, region: "eu" }, 121_000)).toBeUndefined();
    expect(judge.standing).toMatchObject({ phase: "byHand", region: "us", share: 0.1, shares: { eu: 0.3, us: 0.1 } });
    expect(judge.order({ do: "set", share: 0.6, region: "us" }, 121_000)).toBeUndefined();
    expect(judge.order({ do: "continue" }, 122_000)).toBeUndefined();
    // A hand beats the automaton: nobody has said that eu should go on.
    expect(judge.standing).toMatchObject({ phase: "running", step: 3, share: 0.5, shares: { eu: 0.3, us: 0.5 } });
    expect(judge.order({ do: "rollBack", region: "us" }, 123_000)).toBeUndefined();
    expect(judge.standing).toMatchObject({ phase: "rolledBack", shares: { eu: 0.3, us: 0 } });
    expect(judge.order({ do: "restart", region: "us" }, 124_000)).toBeUndefined();
    expect(judge.standing).toMatchObject({ phase: "running", step: 2, shares: { eu: 0.3, us: 0.1 } });
    expect(judge.order({ do: "rollBack" }, 125_000)).toBeUndefined();
    expect(judge.standing).toMatchObject({ phase: "rolledBack", shares: { eu: 0, us: 0 } });
    expect(judge.order({ do: "restart" }, 126_000)).toBeUndefined();
    expect(judge.standing).toMatchObject({ phase: "running", step: 0, region: "eu", shares: { eu: 0.05, us: 0 } });
  });

  test("a region that was given a share before its turn does not lose what it has", () => {
    const judge = new RegionalJudge(plan(), 0);
    judge.order({ do: "set", share: 0.6, region: "us" }, 1_000);
    judge.order({ do: "continue" }, 2_000);
    expect(judge.standing).toMatchObject({ region: "eu", shares: { eu: 0.05, us: 0.6 } });
    play(judge, 2, 120, ...well);
    expect(judge.standing).toMatchObject({ region: "us", step: 3, share: 0.5 });
  });
});

describe("another build goes on", () => {
  const adopted = (standing: Standing, more: Partial<RegionalPlan>): Standing => {
    const judge = new RegionalJudge(plan(more), 0);
    judge.adopt(standing, undefined);
    return judge.standing;
  };

  test("where it was", () => {
    expect(adopted(inSecond().standing, {})).toMatchObject({ step: 2, region: "us", share: 0.1, shares: { eu: 1, us: 0.1 } });
  });

  test("in its region, where others have come or gone", () => {
    const { standing } = inSecond();
    const steps = [step("ap", 1), ...plan().steps];
    expect(adopted(standing, { regions: ["ap", "eu", "us"], steps })).toMatchObject({
      step: 3,
      region: "us",
      shares: { ap: 0, eu: 1, us: 0.1 },
    });
    expect(adopted(standing, { regions: ["eu", "ap"], steps: [step("eu", 0.05), step("eu", 1), step("ap", 1)] })).toMatchObject({ region: "eu", step: 0, shares: { eu: 0.05, ap: 0 } }); // biome-ignore format: one line
  });

  test("from the first step, where nobody had regions", () => {
    const { region: _region, shares: _shares, ...before } = inSecond().standing;
    expect(adopted(before, {})).toMatchObject({ region: "eu", step: 0, shares: { eu: 0.05, us: 0 } });
  });

  test("with what was complete or set by hand where nobody had regions, in all of them", () => {
    const { region: _region, shares: _shares, ...before } = inSecond().standing;
    for (const [phase, share] of [
      ["complete", 1],
      ["byHand", 0.3],
      ["rolledBack", 0],
    ] as const) {
      const standing = { ...before, phase, share };
      expect(adopted(standing, {})).toMatchObject({ phase, share, shares: { eu: share, us: share } });
      // Also before anybody of the new build decides.
      expect(shareOf(standing, "us") ?? 0).toBe(share);
    }
  });
});

test("a share that nobody can have is none, whoever has written it", () => {
  const { standing, evidence } = inSecond();
  const read = (shares: unknown): Standing => writtenIn(JSON.stringify({ standing: { ...standing, shares }, evidence, order: "" }))!.standing; // biome-ignore format: one line
  expect(shareOf(read({ eu: 0.5 }), "eu")).toBe(0.5);
  for (const shares of [null, "eu", { eu: 1.5 }, { eu: -1 }, { eu: "1" }, {}])
    expect(shareOf(read(shares), "eu")).toBeUndefined();
  expect(shareOf(standing, "constructor")).toBeUndefined();
});

test("callers of one region do not stand for those of the next", () => {
  const judge = new RegionalJudge(plan({ callers: 20 }), 0);
  const callers = new CallerCount();
  for (let caller = 0; caller < 40; caller++) callers.add(Math.imul(caller + 1, 0x9e3779b1) >>> 0);
  const [few, many] = [new CallerCount().text, callers.text];
  play(judge, 0, 130, { ...seen("eu", 100, 0, 100), bad: [], callers: many });
  expect(judge.standing).toMatchObject({ region: "us", step: 2 });
  play(judge, 130, 130, { ...seen("us", 100, 0, 100), bad: [], callers: few });
  expect(judge.standing).toMatchObject({ step: 2, why: "held: the new service has had requests of 0 of 20 callers" });
  play(judge, 260, 80, { ...seen("us", 100, 0, 100), bad: [], callers: many });
  expect(judge.standing.step).toBeGreaterThan(2);
  // Nor where somebody goes back to one.
  judge.order({ do: "restart", region: "eu" }, 340_000);
  play(judge, 340, 130, { ...seen("eu", 100, 0, 100), bad: [], callers: few });
  expect(judge.standing).toMatchObject({ step: 0, why: "held: the new service has had requests of 0 of 20 callers" });
});

test("a gateway of a region that is not listed does not start, and says what to set", () => {
  const config = { at: "policies.yaml:7", gateway: "shop", name: "next", release: "1", plan: plan(), firstAttemptAt: () => undefined, timeUpload: () => undefined, shared: null, here: "ap" }; // biome-ignore format: one line
  expect(() => createRegionalRollOut(config)).toThrow(
    'policies.yaml:7: this gateway is in the region "ap", which `regions.order` of the split next does not list. Set what `regions.here` reads to one of eu, us.',
  );
});
