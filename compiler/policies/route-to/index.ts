import type { RouteToConfig } from "../../../runtime/policies/route-to/index.ts";
import type { RouteToOptions } from "../../../schema/policies.gen.ts";
import { suggestion } from "../../diagnostics/suggest.ts";
import { resourceRef } from "../../ir/resource.ts";
import { call, definePolicy } from "../../policy/contract.ts";
import { nothingToForward, unknownService } from "./messages.gen.ts";

export const routeTo = definePolicy<RouteToOptions>({
  name: "routeTo",
  stages: ["forward"],
  onFailure: "closed",
  multiple: true,
  // A request that lacks what the expression asks for is none of those that it picks out.
  undecided: "skip",

  check({ service }, context) {
    if (!context.services.includes(service))
      context.report(unknownService(context.at("/service"), { service, suggestion: suggestion(service, context.services) }));
    for (const policy of ["respond", "redirect"])
      if (context.present.has(policy)) context.report(nothingToForward(context.origin, { policy }));
  },

  lower: ({ service }) =>
    call<RouteToConfig>(
      "policies/route-to",
      "createRouteTo",
      { service: resourceRef("services", service) },
      { hooks: ["request"], reroutes: { service }, summary: `to ${service}` },
    ),
});
