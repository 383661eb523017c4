import type { DiagnosticSink } from "../../diagnostics/sink.ts";
import { configKey } from "../../ir/config-nodes.ts";
import type { OperationIr } from "../../ir/gateway.ts";
import type { StepIr } from "../../ir/step.ts";
import { sharedLimitDiffers } from "./messages.gen.ts";

/** Limits of requests under way that have one name are one limit, and can only have one size. */
export function checkSharedLimits(operations: readonly OperationIr[], sink: DiagnosticSink): void {
  const first = new Map<string, StepIr>();
  for (const step of operations.flatMap(({ steps }) => steps)) {
    if (step.policy !== "concurrency") continue;
    const known = first.get(step.instance);
    if (known === undefined) first.set(step.instance, step);
    else if (configKey(known.config) !== configKey(step.config)) {
      const name = step.instance.replace(/^concurrency /, "");
      const related = [{ origin: known.origin, text: `${known.summary}, ${known.mode}` }];
      sink.report(sharedLimitDiffers(step.origin, { name, summary: `${step.summary}, ${step.mode}` }, { related }));
    }
  }
}
