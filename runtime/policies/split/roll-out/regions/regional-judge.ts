import { CallerCount } from "../callers.ts";
import { Judge, type Order } from "../judge.ts";
import { type Counts, noCounts, type Phase, type RollOutPlan, type Standing } from "../plan.ts";

/** `steps`: those of one region after those of another. */
export interface RegionalPlan extends RollOutPlan {
  /** In the order in which the release comes to them. */
  readonly regions: readonly string[];
  /** Where a release is rolled back in one region, the others keep the shares that they have. */
  readonly othersHold: boolean;
}

/**
 * Decides about a roll-out that goes from region to region. A step is one of one region, and only what was counted there
 * says anything about it, as the old service may be another one elsewhere. The bets of all regions are numbered together, so
 * the chance of a false alarm is that of the whole roll-out.
 */
export class RegionalJudge extends Judge {
  declare protected readonly plan: RegionalPlan;

  override observe(counts: Counts, now: number): void {
    if (counts.region === this.current.region) super.observe(counts, now);
  }

  override adopt(...[standing, evidence]: Parameters<Judge["adopt"]>): void {
    super.adopt(standing, evidence);
    const { regions, base, steps } = this.plan;
    // Regions may be others, or there were none in the build before.
    const shares = Object.fromEntries(regions.map((region) => [region, shareOf(standing, region) ?? base]));
    const region = regions.includes(this.current.region ?? "") ? this.current.region! : steps[this.current.step]!.region!;
    const share = this.current.phase === "running" ? this.current.share : shares[region]!;
    this.current = { ...this.current, region, share, shares: { ...shares, [region]: share } };
  }

  protected override isAt(standing: Standing): boolean {
    return super.isAt(standing) && this.plan.steps[standing.step]!.region === standing.region;
  }

  /** Of its region: the last one with no larger share, or the first. */
  protected override stepOf(standing: Standing): number {
    const { steps } = this.plan;
    const region = this.plan.regions.includes(standing.region ?? "") ? standing.region : steps[0]!.region;
    const { share } = standing.region === region ? standing : { share: 0 };
    const last = steps.findLastIndex((step) => step.region === region && step.share <= share + 1e-9);
    return last < 0 ? firstOf(this.plan, region) : last;
  }

  protected override at(step: number, now: number, phase: Phase, why: string): Standing {
    const region = this.plan.steps[step]!.region!;
    const standing = super.at(step, now, phase, `${region}: ${why}`);
    // The first time, nothing is known of any.
    const before = (this.current as Standing | undefined)?.shares ?? noShares(this.plan);
    return { ...standing, region, shares: { ...before, [region]: standing.share } };
  }

  protected override begin(step: number, now: number, why: string): void {
    const { region } = this.plan.steps[step]!;
    if (region === this.current.region) {
      super.begin(step, now, why);
      return;
    }
    // How the old service was elsewhere says nothing about this one.
    this.epochs.adopt({ ...this.epochs.evidence, before: noCounts(this.plan.metrics.length).old }, now);
    this.current = { ...this.current, counts: noCounts(this.plan.metrics.length) };
    this.callers = new CallerCount();
    // Somebody may have given it a share before its turn came.
    const share = shareOf(this.current, region!) ?? this.plan.base;
    super.begin(Math.max(step, this.stepOf({ ...this.current, region: region!, share })), now, why);
  }

  protected override rollBack(why: string): void {
    this.#rollBackIn(this.current.region!, why);
  }

  #rollBackIn(region: string, why: string): void {
    const { base, othersHold } = this.plan;
    const shares = othersHold ? { ...this.current.shares, [region]: base } : noShares(this.plan);
    this.current = { ...this.current, phase: "rolledBack", region, share: base, shares, why: `${region}: ${why}` };
  }

  override order(order: Order, now: number): string | undefined {
    const { regions, base } = this.plan;
    const region = "region" in order ? order.region : undefined;
    if (region !== undefined && !regions.includes(region))
      return `There is no region ${region}. There are ${regions.join(", ")}.`;
    if (order.do === "restart") {
      if (region === undefined) this.current = { ...this.current, shares: noShares(this.plan) };
      const before = this.current.region;
      this.setGoing();
      this.current = this.at(region === undefined ? 0 : firstOf(this.plan, region), now, "running", "begun anew by hand");
      if (this.current.region !== before) this.callers = new CallerCount();
      this.epochs.reset(now);
      return undefined;
    }
    if (order.do === "rollBack" && region !== undefined) {
      this.#rollBackIn(region, "by hand");
      return undefined;
    }
    if (order.do === "rollBack") {
      this.current = { ...this.current, phase: "rolledBack", share: base, shares: noShares(this.plan), why: "by hand" };
      return undefined;
    }
    if (order.do !== "set" || order.share === undefined) return super.order(order, now);
    if (region === undefined) return `Say in which region: ${regions.join(", ")}.`;
    const isTurn = region === this.current.region;
    super.order({ do: "set", ...(isTurn ? { share: order.share } : {}) }, now);
    const shares = { ...this.current.shares, [region]: order.share };
    this.current = { ...this.current, shares, why: `${region}: the share was set by hand` };
    return undefined;
  }
}

// Functions, as the first standing is made before a judge is one of its class.

const firstOf = ({ steps }: RegionalPlan, wanted: string | undefined): number =>
  steps.findIndex(({ region }) => region === wanted);

const noShares = ({ regions, base }: RegionalPlan): NonNullable<Standing["shares"]> =>
  Object.fromEntries(regions.map((region) => [region, base]));

/**
 * Undefined where nobody has written one that could be. What was complete or set by hand when there were no regions stays so in all
 * of them.
 */
export function shareOf({ phase, share: everywhere, shares }: Standing, region: string): number | undefined {
  if (shares === undefined && (phase === "complete" || phase === "byHand")) return everywhere;
  const share = Object.hasOwn(shares ?? {}, region) ? shares?.[region] : undefined;
  return typeof share === "number" && share >= 0 && share <= 1 ? share : undefined;
}
