import type { DiagnosticSink } from "../../diagnostics/sink.ts";
import type { OperationIr } from "../../ir/gateway.ts";
import { hasRole } from "../../ir/role.ts";
import type { StepIr } from "../../ir/step.ts";
import { metricsDiffer } from "./messages.gen.ts";

/** The admin listener shows one set of metrics, so every step of `metrics` must have the same config. */
export function checkMetrics(operations: readonly OperationIr[], unmatched: readonly StepIr[], sink: DiagnosticSink): void {
  let first: StepIr | undefined;
  for (const { steps, operationId } of [{ steps: unmatched, operationId: "unmatched requests" }, ...operations]) {
    for (const step of steps) {
      if (!hasRole(step, "metrics") || step.policy !== "metrics") continue;
      first ??= step;
      if (JSON.stringify(step.config) === JSON.stringify(first.config)) continue;
      sink.report(
        metricsDiffer(
          step.origin,
          { operation: operationId },
          { related: [{ origin: first.origin, text: "the other options" }] },
        ),
      );
    }
  }
}
