import type { SecurityOptions } from "../../../schema/policies.gen.ts";
import { definePolicy } from "../../policy/contract.ts";

/**
 * What a policy file adds to the security requirements of the spec. The check phase joins both, since neither alone
 * decides who gets in, and makes the step with `lowerSecurity`.
 */
export const security = definePolicy<SecurityOptions>({
  name: "security",
  stages: ["authenticate"],
  onFailure: "closed",
  provides: () => ["identity"],
  lower: () => ({ kind: "nothing" }),
});
