import type { DiagnosticSink } from "../../diagnostics/sink.ts";
import type { ExpressionIr } from "../../expressions/index.ts";
import { walkConfig } from "../../ir/config-nodes.ts";
import type { StepIr } from "../../ir/step.ts";
import { answerFieldChanged } from "./messages.gen.ts";

/**
 * An expression that reads a field of the answer sees it as the steps behind its own have left it, for response hooks run in
 * reverse order. One that reads what such a step changes would never see what the service says.
 */
export function checkAnswerFields(steps: readonly StepIr[], sink: DiagnosticSink): void {
  for (const [index, step] of steps.entries()) {
    // Asked before any response hook runs.
    if (!step.hooks.includes("response") && !step.hooks.includes("done")) continue;
    for (const expression of expressionsIn(step)) {
      for (const name of expression.reads.answerHeaders ?? []) {
        const changer = steps.slice(index + 1).find((other) => changes(other, name));
        if (changer === undefined) continue;
        const values = { policy: step.policy, name, other: changer.policy };
        const related = [{ origin: changer.origin, text: `changes \`${name}\`` }];
        sink.report(answerFieldChanged(expression.origin ?? step.origin, values, { related }));
      }
    }
  }
}

function expressionsIn({ config }: StepIr): readonly ExpressionIr[] {
  const found: ExpressionIr[] = [];
  walkConfig(config, { expression: (expression) => found.push(expression) });
  return found;
}

const changes = ({ hooks, fields }: StepIr, name: string): boolean =>
  hooks.includes("response") && (fields?.response ?? []).some((own) => own.toLowerCase() === name);
