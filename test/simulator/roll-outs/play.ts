import { CallerCount } from "../../../runtime/policies/split/roll-out/callers.ts";
import { Judge } from "../../../runtime/policies/split/roll-out/judge.ts";
import { type BadRequest, type Counts, noCounts, type RollOutPlan } from "../../../runtime/policies/split/roll-out/plan.ts";
import { RegionalJudge, type RegionalPlan } from "../../../runtime/policies/split/roll-out/regions/regional-judge.ts";
import { type Chance, seeded } from "../chance.ts";

/** Shares of the requests to a service that fail, and that take longer than the bound. */
export interface Quality {
  readonly failing: number;
  readonly slow: number;
}

/** A release, and the one before. */
export interface Release {
  readonly old: Quality;
  readonly fresh: Quality;
  /** Shares of the new service in turn, and seconds that each step lasts. */
  readonly steps: readonly number[];
  readonly stepSeconds: number;
  /** In each region. */
  readonly perSecond: number;
  readonly seconds: number;
  /** Where the release goes from region to region, each with these steps: what the new service is in each of them. Absent: there is one. */
  readonly regions?: readonly Quality[];
  /** A client that chooses its service, and sends so many processes a bad request each second; `isTold`: callers are told apart. */
  readonly attack?: { readonly processes: number; readonly isTold: boolean };
}

const plan = ({ steps, stepSeconds, attack }: Release): RollOutPlan => ({
  base: 0,
  steps: steps.map((share) => ({ share, after: stepSeconds * 1_000, until: null, hold: false })),
  metrics: [
    { name: "errors", allowed: 0.001, bound: null },
    { name: "p99", allowed: 0.01, bound: 300 },
  ],
  minimum: 200,
  callers: attack?.isTold === true ? 20 : 0,
  falseAlarms: 0.01,
});

function judgeOf(release: Release): Judge {
  const { regions } = release;
  const whole = plan(release);
  if (regions === undefined) return new Judge(whole, 0);
  const names = regions.map((_, index) => String(index + 1));
  const steps = names.flatMap((region) => whole.steps.map((step) => ({ ...step, region })));
  const regional: RegionalPlan = { ...whole, steps, regions: names, othersHold: false };
  return new RegionalJudge(regional, 0);
}

/** Seconds after which the shipped decision code rolls it back; undefined: it does not. Equal seeds give equal requests. */
export function rolledBackAfter(release: Release, seed: number): number | undefined {
  const { phase, second } = played(release, seed);
  return phase === "rolledBack" ? second : undefined;
}

/** How it stands in the end, and when that was. */
export function played(release: Release, seed: number): { readonly phase: string; readonly second: number } {
  const chance = seeded(seed);
  const judge = judgeOf(release);
  for (let second = 1; second <= release.seconds; second++) {
    const { region, share } = judge.standing;
    // What comes in other regions, nobody looks at.
    const fresh = region === undefined ? release.fresh : release.regions![Number(region) - 1]!;
    const counts = withAttack(release, requestsOf({ ...release, fresh }, share, chance));
    judge.observe(region === undefined ? counts : { ...counts, region }, second * 1_000);
    judge.advance(second * 1_000, undefined);
    const { phase } = judge.standing;
    if (phase !== "running") return { phase, second };
  }
  return { phase: "running", second: release.seconds };
}

/** Thirty others, as far as anybody counts callers. */
const others = new CallerCount();
for (let caller = 0; caller < 30; caller++) others.add(Math.imul(caller + 1, 0x9e3779b1) >>> 0);

function withAttack({ attack }: Release, { fresh, old }: Counts): Counts {
  if (attack === undefined) return { fresh, old };
  const bad = Array.from({ length: attack.processes }, (): BadRequest => [1, 1, 0b11]);
  if (attack.isTold) return { fresh, old, bad, callers: others.text };
  return { fresh: { all: fresh.all + bad.length, bad: fresh.bad.map((count) => count + bad.length) }, old };
}

/** Of one second: as many as come by chance (Poisson), each to one of the services and good or bad by chance. */
function requestsOf({ old, fresh, perSecond }: Release, share: number, chance: Chance): Counts {
  const all = poisson(perSecond, chance);
  const moved = binomial(all, share, chance);
  const arm = (count: number, { failing, slow }: Quality) => ({
    all: count,
    bad: [binomial(count, failing, chance), binomial(count, slow, chance)],
  });
  return all === 0 ? noCounts(2) : { fresh: arm(moved, fresh), old: arm(all - moved, old) };
}

function poisson(mean: number, chance: Chance): number {
  let count = -1;
  let sum = 0;
  while (sum <= mean) {
    sum -= Math.log(1 - chance());
    count++;
  }
  return count;
}

/** From one success to the next (Devroye, Non-Uniform Random Variate Generation, X.4.3). */
function binomial(all: number, share: number, chance: Chance): number {
  if (share <= 0) return 0;
  if (share > 0.5) return all - binomial(all, 1 - share, chance);
  const rest = Math.log(1 - share);
  let count = -1;
  let place = 0;
  while (place <= all) {
    place += Math.floor(Math.log(1 - chance()) / rest) + 1;
    count++;
  }
  return count;
}

/** Share of log-normal latencies beyond a bound, by the complementary error function (Abramowitz and Stegun 7.1.26). */
export function slowShare(median: number, sigma: number, bound: number): number {
  const x = Math.log(bound / median) / sigma / Math.SQRT2;
  const t = 1 / (1 + 0.3275911 * Math.abs(x));
  const tail =
    (((((1.061405429 * t - 1.453152027) * t + 1.421413741) * t - 0.284496736) * t + 0.254829592) * t * Math.exp(-x * x)) / 2;
  return x < 0 ? 1 - tail : tail;
}
