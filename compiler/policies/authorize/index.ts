import type { AuthorizeConfig } from "../../../runtime/policies/authorize/index.ts";
import type { AuthorizeOptions } from "../../../schema/policies.gen.ts";
import type { Lowered } from "../../ir/config.ts";
import { call, definePolicy, type LoweredPolicy } from "../../policy/contract.ts";

export const authorize = definePolicy<AuthorizeOptions>({
  name: "authorize",
  // A condition on the body is decided as soon as the body was read.
  stages: ["authorize", "validate"],
  onFailure: "closed",
  multiple: true,
  canRefuse: true,
  after: ["validate"],
  weakness: (_, { lowered, isAlwaysTrue }) => {
    const require = requirementOf(lowered);
    return require !== undefined && isAlwaysTrue(require) ? "its `require` is true for every request" : undefined;
  },
  proves: (lowered) => requirementOf(lowered),

  lower(options, context) {
    const require = context.expression(options.require, "/require", "bool");
    if (require === undefined) return { kind: "nothing" };
    return call<AuthorizeConfig>(
      "policies/authorize",
      "createAuthorize",
      { require, detail: options.detail },
      { hooks: ["request"], mayAnswer: true, summary: options.require },
    );
  },
});

// The config is the one that `lower` made.
const requirementOf = (lowered: LoweredPolicy) =>
  lowered.kind === "call" ? (lowered.config as unknown as Lowered<AuthorizeConfig>).require : undefined;
