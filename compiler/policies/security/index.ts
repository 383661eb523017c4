import type { SecurityOptions } from "../../../schema/policies.gen.ts";
import { isPassedThrough, unverified } from "../../ir/access.ts";
import { definePolicy } from "../../policy/contract.ts";
import { lowerConcealment, lowerSecurity } from "./lower.ts";

/**
 * What a policy file adds to the security requirements of the spec. The check phase joins both, since neither alone
 * decides who gets in, and asks for the step that comes of them.
 */
export const security = definePolicy<SecurityOptions>({
  name: "security",
  stages: ["authenticate"],
  onFailure: "closed",
  provides: () => ["identity"],
  settlesAccess: true,

  access: {
    lacks(access, { acceptsPassThrough, isTerminal }) {
      if (isTerminal) return undefined;
      if (access.kind === "public") return "it is public";
      return !acceptsPassThrough && isPassedThrough(access) ? unverified : undefined;
    },
    isThere: ({ kind }) => kind !== "public",
  },

  combine({ requirements, optional, concealed, wayOf, guards }) {
    if (requirements.length > 0) return lowerSecurity(requirements, wayOf, optional, concealed, guards);
    return concealed.length === 0 ? undefined : lowerConcealment(concealed);
  },

  lower: () => ({ kind: "nothing" }),
});
