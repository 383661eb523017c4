import type { PublicOptions } from "../../../schema/policies.gen.ts";
import { definePolicy } from "../../policy/contract.ts";

/** A promise to the check phase, which proves for every other operation that it authenticates; costs no step. */
export const publicPolicy = definePolicy<PublicOptions>({
  name: "public",
  stages: ["authenticate"],
  onFailure: "closed",
  lower: () => ({ kind: "nothing" }),
});
