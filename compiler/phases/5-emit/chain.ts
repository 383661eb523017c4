import type { Origin } from "../../ir/origin.ts";
import type { Hook } from "../../ir/step.ts";
import { jsString } from "../../text/js.ts";
import type { CallPlan, OperationPlan } from "../4-plan/plan.ts";
import type { ModuleWriter } from "./module-writer.ts";
import type { Names } from "./names.ts";

/** The function of one hook: parameters, statements and their places. */
export interface HookBody {
  readonly hook: Hook;
  readonly isAsync: boolean;
  readonly parameters: string;
  readonly statements: readonly { readonly text: string; readonly origin: Origin | undefined }[];
}

/** The request chain in straight line: every step may end it, the last statement forwards or sends. */
export function requestBody(operation: OperationPlan, names: Names, writer: ModuleWriter): HookBody {
  const statements: { text: string; origin: Origin | undefined }[] = [];
  const terminal = terminalCall(operation);
  let isAsync = false;
  for (const call of operation.calls) {
    const { step } = call;
    if (!step.hooks.includes("request")) continue;
    if (step.async) isAsync = true;
    const invocation = `${step.async ? "await " : ""}${names.constant(call.constant, writer)}.request(x)`;
    if (call === terminal) {
      statements.push({ text: `${invocation};`, origin: step.origin });
      break;
    }
    if (!step.mayAnswer) statements.push({ text: `${invocation};`, origin: step.origin });
    else if (step.mode === "enforce") {
      statements.push({ text: `if (${invocation}) return ${writer.fromRuntime("http/send", "send")}(x);`, origin: step.origin });
    } else {
      const report = writer.fromRuntime("http/report-only", "reportOnly");
      statements.push({ text: `if (${invocation}) ${report}(x, ${jsString(step.policy)});`, origin: step.origin });
    }
  }
  statements.push({ text: ending(operation, writer), origin: operation.operation?.origin });
  return { hook: "request", isAsync, parameters: "x", statements };
}

function terminalCall({ operation, calls }: OperationPlan): CallPlan | undefined {
  if (operation?.forward.kind !== "terminal") return undefined;
  const { policy } = operation.forward;
  const call = calls.findLast(({ step }) => step.policy === policy && step.hooks.includes("request"));
  if (call === undefined) throw new Error(`${operation.id} ends in ${policy}, which is no step of it`);
  return call;
}

function ending({ operation, forward }: OperationPlan, writer: ModuleWriter): string {
  if (operation === undefined) return `${writer.fromRuntime("http/unmatched", "notFound")}(x);`;
  if (forward === undefined) return `${writer.fromRuntime("http/send", "send")}(x);`;
  const service = writer.fromModule("services.js", forward.service.name);
  return `${writer.fromRuntime("upstream/forward", "forward")}(x, ${service}, ${forward.name});`;
}

/** Hooks that cannot end anything; response and done hooks run in reverse. Undefined where no step has the hook. */
export function hookBody(
  hook: Exclude<Hook, "request">,
  operation: OperationPlan,
  names: Names,
  writer: ModuleWriter,
): HookBody | undefined {
  const calls = operation.calls.filter(({ step }) => step.hooks.includes(hook));
  if (calls.length === 0) return undefined;
  if (hook === "response" || hook === "done") calls.reverse();
  const parameters = hook === "upstreamRequest" ? "x, upstream" : "x";
  const statements = calls.map(({ step, constant }) => ({
    text: `${names.constant(constant, writer)}.${hook}(${parameters});`,
    origin: step.origin,
  }));
  return { hook, isAsync: false, parameters, statements };
}
