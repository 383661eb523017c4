import type { PublicOptions } from "../../../schema/policies.gen.ts";
import { definePolicy } from "../../policy/contract.ts";

/** A promise to the check phase, which proves for every other operation that it authenticates; costs no step. */
export const publicPolicy = definePolicy<PublicOptions>({
  name: "public",
  stages: ["authenticate"],
  onFailure: "closed",
  settlesAccess: true,
  access: {
    lacks: ({ kind }) => (kind === "public" ? undefined : "it requires authentication"),
    isThere: ({ kind }) => kind === "public",
  },
  lower: () => ({ kind: "nothing" }),
});
