import type { OperationIr } from "../../ir/gateway.ts";
import { latencyBounds } from "../../ir/objectives.ts";
import type { StepIr } from "../../ir/step.ts";
import { policies } from "../../policies/registry.gen.ts";

/** Tells the steps that time requests of the bounds that objectives have, wherever in the gateway these are written. */
export function measuredSteps(
  operations: readonly OperationIr[],
): <Owner extends { readonly steps: readonly StepIr[] }>(owner: Owner) => Owner {
  const bounds = latencyBounds(operations);
  if (bounds.length === 0) return (owner) => owner;
  return (owner) => ({
    ...owner,
    steps: owner.steps.map((step) => policies[step.policy]?.measuring?.(step, bounds) ?? step),
  });
}
