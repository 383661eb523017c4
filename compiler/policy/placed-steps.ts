import type { OperationIr } from "../ir/gateway.ts";
import type { StepIr } from "../ir/step.ts";
import type { PlacedStep } from "./contract.ts";

/** The steps of a gateway by policy; those for requests without an operation first. */
export function placedSteps(
  operations: readonly OperationIr[],
  unmatched: readonly StepIr[],
): ReadonlyMap<string, readonly PlacedStep[]> {
  const placed = new Map<string, PlacedStep[]>();
  const add = (operation: OperationIr | undefined) => (step: StepIr) => {
    const known = placed.get(step.policy);
    if (known === undefined) placed.set(step.policy, [{ step, operation }]);
    else known.push({ step, operation });
  };
  unmatched.forEach(add(undefined));
  for (const operation of operations) operation.steps.forEach(add(operation));
  return placed;
}
