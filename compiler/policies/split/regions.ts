import type { RegionalRollOutConfig } from "../../../runtime/policies/split/roll-out/regions/regional-roll-out.ts";
import type { RollOutConfig } from "../../../runtime/policies/split/roll-out/roll-out.ts";
import type { SplitOptions } from "../../../schema/policies.gen.ts";
import type { ConfigIr, Lowered } from "../../ir/config.ts";
import type { ResourceIr } from "../../ir/resource.ts";
import type { PolicyContext } from "../../policy/contract.ts";
import { startValue } from "../../text/setting.ts";
import { armsOf } from "./arms.ts";
import { regionsAlone, regionsApart, regionTwice } from "./messages.gen.ts";
import { checkSteps, regionsIn } from "./steps.ts";

type Regions = NonNullable<SplitOptions["regions"]>;

export function checkRegions(options: SplitOptions, context: PolicyContext): void {
  const { regions, steps } = options;
  if (regions === undefined) return;
  if (steps === undefined) context.report(regionsAlone(context.at("/regions"), {}));
  const all = regionsIn(regions);
  for (const [index, { region, steps: own }] of all.entries()) {
    const pointer = `/regions/order/${index}`;
    if (all.findIndex((one) => one.region === region) < index) context.report(regionTwice(context.at(pointer), { region }));
    if (own !== undefined) checkSteps(own, armsOf(options)[0]!.share, `${pointer}/steps`, context);
  }
}

/** Only in a server do regions meet. Reported where they do not. */
export function regionsMeet({ regions }: SplitOptions, store: string, context: PolicyContext): boolean {
  if (regions === undefined || store !== "memory") return true;
  context.report(regionsApart(context.at("/regions"), {}));
  return false;
}

/** The call of the run-time factory. */
export function regionalOf(
  config: Lowered<RollOutConfig>,
  regions: Regions,
  context: PolicyContext,
): Pick<ResourceIr, "factory" | "config"> {
  const regional: Lowered<RegionalRollOutConfig> = {
    ...config,
    plan: {
      ...config.plan,
      regions: regionsIn(regions).map(({ region }) => region),
      othersHold: regions.others === "hold",
    },
    here: startValue(regions.here, context.at("/regions/here")),
  };
  return {
    factory: { module: "policies/split/roll-out/regions/regional-roll-out", name: "createRegionalRollOut" },
    // Plain data and nodes all the way down, which an interface without index signature does not say.
    config: regional as unknown as ConfigIr,
  };
}

/** For `explain`. */
export const regionsText = ({ here, others }: Regions): string =>
  `here ${here}, where it is rolled back in one region, the others ${others === "hold" ? "keep what they have" : "go back as well"}`;
