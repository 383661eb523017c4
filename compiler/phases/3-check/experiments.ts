import type { GatewayIr, OperationIr } from "../../ir/gateway.ts";
import type { ResourceIr } from "../../ir/resource.ts";

/** What decides about the shares of splits: one for each experiment, whichever operations have it. */
export function experimentsIn(operations: readonly OperationIr[]): Pick<GatewayIr, "experiments"> {
  const found = new Map<string, ResourceIr<"experiments">>();
  // Those of one name are equal, which the policy checks.
  for (const { steps } of operations)
    for (const { experiment } of steps)
      if (experiment !== undefined && !found.has(experiment.name)) found.set(experiment.name, experiment);
  return found.size === 0 ? {} : { experiments: [...found.values()] };
}
