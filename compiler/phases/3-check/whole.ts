import type { DiagnosticSink } from "../../diagnostics/sink.ts";
import type { OperationIr, ServiceIr } from "../../ir/gateway.ts";
import type { StepIr } from "../../ir/step.ts";
import { policies } from "../../policies/registry.gen.ts";
import { placedSteps } from "../../policy/placed-steps.ts";
import type { LinkedGateway } from "../2-link/linked-gateway.ts";

/** Asks each policy what is wrong with all of its steps together. */
export function checkWhole(
  { file, positions }: LinkedGateway,
  {
    operations,
    unmatched,
    services,
  }: Record<"operations", readonly OperationIr[]> & {
    readonly unmatched: readonly StepIr[];
    readonly services: readonly ServiceIr[];
  },
  sink: DiagnosticSink,
): void {
  for (const [name, steps] of placedSteps(operations, unmatched))
    policies[name]?.whole?.(steps, {
      operations,
      hasAdmin: file.listeners?.admin !== undefined,
      services,
      serviceOption(service, pointer) {
        const options = file.services?.[service];
        return options === undefined ? positions.of(file) : positions.pointer(options, pointer);
      },
      report: (diagnostic) => sink.report(diagnostic),
    });
}
