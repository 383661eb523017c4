import type { WayAroundOptions } from "../../../schema/policies.gen.ts";
import { definePolicy } from "../../policy/contract.ts";

/** Read by the check phase, which looks for ways around; costs no step. */
export const wayAround = definePolicy<WayAroundOptions>({
  name: "wayAround",
  stages: ["authenticate"],
  onFailure: "closed",
  settlesAccess: true,
  lower: () => ({ kind: "nothing" }),
});
