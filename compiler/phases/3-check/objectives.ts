import type { OperationIr } from "../../ir/gateway.ts";
import { latencyBounds } from "../../ir/objectives.ts";
import type { StepIr } from "../../ir/step.ts";
import { policies } from "../../policies/registry.gen.ts";
import type { Measured } from "../../policy/contract.ts";

/** Tells the steps that measure what the gateway has: how many operations, and bounds of objectives, wherever these are written. */
export function measuredSteps(
  operations: readonly OperationIr[],
): <Owner extends { readonly steps: readonly StepIr[] }>(owner: Owner) => Owner {
  const measured: Measured = { bounds: latencyBounds(operations), operations: operations.length };
  return (owner) => ({
    ...owner,
    steps: owner.steps.map((step) => policies[step.policy]?.measuring?.(step, measured) ?? step),
  });
}
