import type { AdminRoute } from "../../../../admin/route.ts";
import type { MetricFamily } from "../../../../gateway/metrics.ts";
import type { Json } from "../../../../life/json.ts";
import { label } from "../../../../metrics/label.ts";
import { percent, problemAnswer, share as shareSchema } from "../../split-routes.ts";
import type { Standing } from "../plan.ts";
import { type Ordered, orders, rollOutRoute } from "../told.ts";
import { type RegionalPlan, shareOf } from "./regional-judge.ts";

/** As `rollOutRoute`; an order may be about one region. */
export function regionalRoute(name: string, regions: readonly string[], rollOut: Ordered): AdminRoute {
  const route = rollOutRoute(name, rollOut);
  return {
    ...route,
    describe: {
      ...route.describe,
      summary: `Continues, restarts, rolls back or pauses the roll-out of the experiment ${name}, or sets the share of a region`,
      requestBody: {
        required: true,
        content: {
          "application/json": {
            schema: {
              type: "object",
              required: ["do"],
              additionalProperties: false,
              properties: {
                do: { type: "string", enum: [...Object.keys(orders), "set"] },
                region: { type: "string", enum: regions },
                share: shareSchema,
              },
            },
          },
        },
      },
    },
    async answer({ body }) {
      // The admin listener has validated it.
      const { do: wanted, region, share } = body as Wanted;
      const where = region === undefined ? {} : { region };
      const amiss =
        wanted === "set"
          ? share === undefined || region === undefined
          : share !== undefined || (region !== undefined && wanted !== "restart" && wanted !== "rollBack");
      if (amiss)
        return problemAnswer({
          status: 409,
          title: "The roll-out cannot do that",
          detail: "`set` needs `region` and `share`; `restart` and `rollBack` may have a `region`, and the others neither.",
        });
      const refusal = await rollOut.order(
        wanted === "set" ? { do: "set", share: Number(share!.slice(0, -1)) / 100, ...where } : { ...orders[wanted], ...where },
      );
      return refusal === undefined ? { status: 200, json: rollOut.told() } : problemAnswer(refusal);
    },
  };
}

type Wanted = {
  readonly do: keyof typeof orders | "set";
  readonly region?: string;
  readonly share?: string;
};

/** Beside what is told of every roll-out. */
export function tellRegions(
  { regions, steps, base }: RegionalPlan,
  here: string,
  standing: Standing | undefined,
): { readonly [key: string]: Json } {
  const shareText = (region: string, step: number): string => {
    const own = steps.flatMap(({ share, region: of }, index) =>
      of === region ? [index === step ? `[${percent(share)}]` : percent(share)] : [],
    );
    return `${region} ${own.join(" ")}`;
  };
  return {
    here,
    steps: regions.map((region) => shareText(region, standing?.step ?? -1)).join(", "),
    ...(standing === undefined
      ? {}
      : {
          region: standing.region ?? "",
          regions: Object.fromEntries(regions.map((region) => [region, percent(shareOf(standing, region) ?? base)])),
        }),
  };
}

/** `standing`: undefined where another process of the group tells of it. */
export const regionFamily = (
  { name, plan: { regions, base } }: { readonly name: string; readonly plan: RegionalPlan },
  standing: Standing | undefined,
): MetricFamily => ({
  name: "gatewright_split_region_share",
  help: "Share of the users that the new service of a roll-out gets in a region.",
  type: "gauge",
  samples:
    standing === undefined
      ? []
      : regions.map((region) => ({
          labels: `${label("experiment", name)},${label("region", region)}`,
          value: shareOf(standing, region) ?? base,
        })),
});
