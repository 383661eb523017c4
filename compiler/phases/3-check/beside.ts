import type { OperationIr } from "../../ir/gateway.ts";
import { type StepIr, stages } from "../../ir/step.ts";
import { policies } from "../../policies/registry.gen.ts";

/** Gives operations the steps that they need because of what another one of their path has. */
export function withStepsBeside(operations: readonly OperationIr[]): readonly OperationIr[] {
  const causes = new Map<string, StepIr[]>();
  for (const { match, steps } of operations) {
    const own = steps.filter(({ policy }) => policies[policy]?.beside !== undefined);
    if (own.length > 0) causes.set(match.path.template, [...(causes.get(match.path.template) ?? []), ...own]);
  }
  if (causes.size === 0) return operations;
  return operations.map((operation) => {
    if (operation.forward.kind !== "forward") return operation;
    const added: StepIr[] = [];
    for (const step of causes.get(operation.match.path.template) ?? []) {
      if ([...operation.steps, ...added].some(({ policy }) => policy === step.policy)) continue;
      const made = stepBeside(step, operation.match.method);
      if (made !== undefined) added.push(made);
    }
    return added.reduce(withStep, operation);
  });
}

function stepBeside(cause: StepIr, method: string): StepIr | undefined {
  const lowered = policies[cause.policy]!.beside!(cause, method);
  if (lowered === undefined) return undefined;
  const { kind: _kind, mode = "enforce", provides = [], ...facts } = lowered;
  const { policy, stage, origin } = cause;
  return { kind: "step", policy, stage, ...facts, mode, requires: [], provides, options: [], origin };
}

/** Behind the others of its stage. */
function withStep(operation: OperationIr, step: StepIr): OperationIr {
  const at = operation.steps.findIndex(({ stage }) => stages.indexOf(stage) > stages.indexOf(step.stage));
  return { ...operation, steps: operation.steps.toSpliced(at < 0 ? operation.steps.length : at, 0, step) };
}
