import type { ObjectivesOptions } from "../../../schema/policies.gen.ts";
import type { ObjectiveIr } from "../../ir/objectives.ts";
import { definePolicy, type PolicyContext } from "../../policy/contract.ts";
import { parseDuration } from "../../text/formats.ts";
import { boundOutOfRange, latencyContradicts, noBudget, noMetrics, nothingPromised, windowOutOfRange } from "./messages.gen.ts";
import { objectiveName } from "./name.ts";

const day = 86_400_000;
const longestBound = 3_600_000;

/** Says what `build` measures and alerts on. Costs no step: only the bounds of latencies become buckets of `metrics`. */
export const objectives = definePolicy<ObjectivesOptions>({
  name: "objectives",
  stages: ["observe"],
  onFailure: "open",
  concerns: "answers",

  check({ availability, latency, window }, context) {
    const { operation, present, report, at } = context;
    if (operation === undefined) return;
    if (availability === undefined && latency === undefined) report(nothingPromised(context.origin, {}));
    if (!present.has("metrics"))
      report(noMetrics(context.origin, { operation: operation.operationId }, { alike: operation.operationId }));
    const share = Number.parseFloat(availability ?? "1");
    if (share === 0 || share === 100) report(noBudget(at("/availability"), { availability: availability! }));
    const days = parseDuration(window) / day;
    if (!Number.isInteger(days) || days < 7 || days > 90) report(windowOutOfRange(at("/window"), { window }));
    checkLatency(latency ?? {}, context);
  },

  lower(options, context) {
    const name = objectiveName(options.per, context);
    const common = { window: parseDuration(options.window), minFailures: options.minFailures };
    const named = (pointer: string) => name([pointer, "/window", "/minFailures", "/per"]);
    const each: ObjectiveIr[] = [];
    if (options.availability !== undefined)
      each.push({ name: named("/availability"), about: "availability", percent: withoutSign(options.availability), ...common });
    for (const [quantile, written] of quantiles(options.latency ?? {}))
      each.push({
        name: named(`/latency/${quantile}`),
        about: quantile,
        percent: quantile.slice(1),
        bound: parseDuration(written),
        ...common,
      });
    return { kind: "objectives", each };
  },
});

function checkLatency(latency: NonNullable<ObjectivesOptions["latency"]>, { at, report }: PolicyContext): void {
  let narrow: readonly [quantile: string, bound: string] | undefined;
  for (const [quantile, bound] of quantiles(latency)) {
    const milliseconds = parseDuration(bound);
    if (milliseconds < 1 || milliseconds > longestBound) {
      report(boundOutOfRange(at(`/latency/${quantile}`), { bound, quantile }));
      continue;
    }
    if (narrow !== undefined && milliseconds < parseDuration(narrow[1]))
      report(
        latencyContradicts(at(`/latency/${quantile}`), {
          wide: quantile,
          wideBound: bound,
          narrow: narrow[0],
          narrowBound: narrow[1],
        }),
      );
    narrow = [quantile, bound];
  }
}

/** From the smallest share of requests to the largest, whatever the order in the file. */
const quantiles = (latency: NonNullable<ObjectivesOptions["latency"]>): (readonly [string, string])[] =>
  Object.entries(latency)
    .flatMap(([quantile, bound]) => (bound === undefined ? [] : [[quantile, bound] as const]))
    .sort(([a], [b]) => Number(a.slice(1)) - Number(b.slice(1)));

/** `99.90%` and `99.9%` are one objective. */
const withoutSign = (percentage: string): string => String(Number.parseFloat(percentage));
