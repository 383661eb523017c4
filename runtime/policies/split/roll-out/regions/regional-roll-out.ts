import type { AdminRoute } from "../../../../admin/route.ts";
import type { StartValue } from "../../../../exchange/exchange.ts";
import type { MetricFamily } from "../../../../gateway/metrics.ts";
import type { Json } from "../../../../life/json.ts";
import type { Judge } from "../judge.ts";
import type { Counts, Standing } from "../plan.ts";
import { RollOut, type RollOutConfig } from "../roll-out.ts";
import { RegionalJudge, type RegionalPlan, shareOf } from "./regional-judge.ts";
import { regionalRoute, regionFamily, tellRegions } from "./regions-told.ts";

export interface RegionalRollOutConfig extends RollOutConfig {
  readonly plan: RegionalPlan;
  /** Region of this gateway. */
  readonly here: StartValue | string;
}

export const createRegionalRollOut = (config: RegionalRollOutConfig): RollOut => new RegionalRollOut(config);

/** A roll-out that goes from region to region: each instance has the share of its own, and counts there. */
class RegionalRollOut extends RollOut {
  declare protected readonly config: RegionalRollOutConfig;
  override readonly adminRoutes: readonly AdminRoute[];

  constructor(config: RegionalRollOutConfig) {
    super(config);
    const { name, plan, here, at } = config;
    // Nobody would decide about its share, and it would never be told of the release.
    if (!plan.regions.includes(here))
      throw new Error(
        `${at}: this gateway is in the region ${JSON.stringify(here)}, which \`regions.order\` of the split ${name} does not list. Set what \`regions.here\` reads to one of ${plan.regions.join(", ")}.`,
      );
    this.adminRoutes = [regionalRoute(name, plan.regions, this)];
  }

  protected override judgeAt(now: number): Judge {
    return new RegionalJudge(this.config.plan, now);
  }

  protected override shareIn(standing: Standing): number {
    return shareOf(standing, this.config.here) ?? this.config.plan.base;
  }

  protected override isJudged(standing: Standing): boolean {
    return super.isJudged(standing) && standing.region === this.config.here;
  }

  protected override tagged(counts: Counts | undefined): Counts | undefined {
    const tagged = super.tagged(counts);
    return tagged === undefined ? undefined : { ...tagged, region: this.config.here };
  }

  override told(): { readonly [key: string]: Json } {
    return { ...super.told(), ...tellRegions(this.config.plan, this.config.here, this.standing) };
  }

  override metrics(): readonly MetricFamily[] {
    return [...super.metrics(), regionFamily(this.config, this.isOwner ? this.standing : undefined)];
  }
}
