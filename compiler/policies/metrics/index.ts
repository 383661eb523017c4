import type { MetricsConfig } from "../../../runtime/policies/metrics/index.ts";
import type { MetricsOptions } from "../../../schema/policies.gen.ts";
import { call, definePolicy } from "../../policy/contract.ts";
import { bucketsNotAscending } from "./messages.gen.ts";

export const metrics = definePolicy<MetricsOptions>({
  name: "metrics",
  stages: ["observe"],
  onFailure: "open",
  concerns: "answers",
  unmatched: true,

  check(options, context) {
    options.buckets.forEach((bound, index) => {
      const before = options.buckets[index - 1];
      if (before === undefined || before < bound) return;
      context.report(bucketsNotAscending(context.at(`/buckets/${index}`), { bound: String(bound), before: String(before) }));
    });
  },

  lower(options) {
    return call<MetricsConfig>(
      "policies/metrics",
      "createMetrics",
      { buckets: options.buckets, process: options.process, slot: { kind: "slot" } },
      {
        hooks: ["request", "done"],
        instance: "metrics",
        roles: ["metrics"],
        summary: `${options.buckets.length} buckets${options.process ? ", process" : ""}`,
      },
    );
  },
});
