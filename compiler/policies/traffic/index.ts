import type { TrafficConfig } from "../../../runtime/policies/traffic/index.ts";
import type { TrafficOptions } from "../../../schema/policies.gen.ts";
import { configKey } from "../../ir/config-nodes.ts";
import { call, definePolicy } from "../../policy/contract.ts";
import { optionsDiffer } from "./messages.gen.ts";

export const traffic = definePolicy<TrafficOptions>({
  name: "traffic",
  stages: ["observe"],
  onFailure: "open",
  concerns: "answers",
  unmatched: true,

  /** The admin listener tells of one table. */
  whole([first, ...others], { report }) {
    for (const { step, operation } of others)
      if (first !== undefined && configKey(step.config) !== configKey(first.step.config)) {
        const related = [{ origin: first.step.origin, text: "the other options" }];
        report(optionsDiffer(step.origin, { operation: operation?.operationId ?? "unmatched requests" }, { related }));
      }
  },

  lower({ by, most }, { deprecated }) {
    return call<TrafficConfig>(
      "policies/traffic",
      "createTraffic",
      { by, most, deprecated },
      {
        hooks: ["done"],
        instance: "traffic",
        roles: ["adminRoutes"],
        summary: `by ${by}, at most ${most.toLocaleString("en")} callers of operations`,
      },
    );
  },
});
