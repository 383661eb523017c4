import type { AuthorizeConfig } from "../../../runtime/policies/authorize/index.ts";
import type { AuthorizeOptions } from "../../../schema/policies.gen.ts";
import { call, definePolicy } from "../../policy/contract.ts";

export const authorize = definePolicy<AuthorizeOptions>({
  name: "authorize",
  // A condition on the body is decided as soon as the body was read.
  stages: ["authorize", "validate"],
  onFailure: "closed",
  multiple: true,
  canRefuse: true,
  after: ["validate"],

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
