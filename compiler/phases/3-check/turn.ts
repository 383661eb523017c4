import { policies } from "../../policies/registry.gen.ts";
import type { EffectivePolicy } from "../2-link/linked-gateway.ts";

/** When a policy is lowered among those of its operation: 2 is behind all that say which services are reached. */
export function turn({ name }: Pick<EffectivePolicy, "name">): 0 | 1 | 2 {
  const definition = policies[name];
  if (definition?.loweredLast !== true) return 0;
  return definition.choosesService === true ? 1 : 2;
}
