import type { AnswerDecisionConfig } from "../../../runtime/policies/authorize/answer.ts";
import type { DemandsConfig } from "../../../runtime/policies/authorize/demands.ts";
import type { AuthorizeOptions } from "../../../schema/policies.gen.ts";
import type { Lowered } from "../../ir/config.ts";
import type { StepIr } from "../../ir/step.ts";
import { call, type LoweredPolicy, type PolicyContext } from "../../policy/contract.ts";
import { parseSize } from "../../text/formats.ts";
import { anyOf } from "./combine.ts";
import { decidedByHead } from "./decided.ts";
import { answerNotRead, answerTooLate } from "./messages.gen.ts";

type AnswerOptions = NonNullable<AuthorizeOptions["answer"]>;

/** Fields of requests that a service must not see where its answer is judged by its body. */
const withheld = ["accept-encoding", "if-none-match", "if-modified-since", "range", "if-range", "a-im"];

/** The step that decides over answers, and before that over requests, as `demands` say. */
export function lowerAnswer(
  options: AnswerOptions,
  demands: Lowered<DemandsConfig> | undefined,
  about: Pick<AuthorizeOptions, "detail"> & Pick<StepIr, "summary"> & { readonly remarks: readonly string[] },
  context: PolicyContext,
): LoweredPolicy {
  const compile = (text: string, pointer: string) => context.expression(text, pointer, "bool", "answered");
  const require = compile(options.require, "/answer/require");
  const exceptions = (options.allow ?? []).map((one, index) => ({ ...one, is: compile(one.if, `/answer/allow/${index}/if`) }));
  if (require === undefined) return { kind: "nothing" };
  checkAnswer(options, require.reads.variables, context);
  const visible = anyOf([...exceptions.flatMap(({ is }) => is ?? []), require]);
  const readsBody = visible.reads.variables.includes("response.body");
  const reports = context.mode === "report";
  const config: Lowered<AnswerDecisionConfig> = {
    demands: demands ?? null,
    visible,
    decided: readsBody ? (decidedByHead(visible) ?? null) : null,
    maxBytes: readsBody ? parseSize(options.maxBody) : null,
    detail: options.detail ?? about.detail,
    reports,
  };
  const shows = reports ? [] : [`\`authorize\` shows an answer only where \`${options.require.trim()}\``];
  const except = exceptions.map(({ name, if: text }) => `\`authorize\` shows an answer to ${name}: \`${text.trim()}\``);
  return call<AnswerDecisionConfig>("policies/authorize/answer", "createAnswerDecision", config, {
    hooks: [
      ...(demands === undefined ? [] : (["request"] as const)),
      ...(readsBody ? (["upstreamRequest", "answerHead", "answerBody"] as const) : (["answerHead"] as const)),
    ],
    mayAnswer: demands !== undefined,
    answer: {
      use: reports ? "seen" : "held",
      place: "personal",
      ...(readsBody ? { most: options.maxBody, larger: reports ? "unchecked" : "refused" } : {}),
      bodies: { held: readsBody ? ["JSON"] : [], streamed: [] },
      ...(reports ? {} : { silent: true as const }),
    },
    fields: { request: readsBody ? withheld : [], response: visible.reads.answerHeaders ?? [] },
    remarks: [...about.remarks, ...shows, ...except],
    summary: [about.summary, `answer: ${options.require.trim()}`].filter((text) => text !== "").join("; "),
  });
}

function checkAnswer({ require }: AnswerOptions, variables: readonly string[], context: PolicyContext): void {
  const at = context.at("/answer/require");
  if (!variables.some((name) => name.startsWith("response."))) context.report(answerNotRead(at, { expression: require.trim() }));
  const { operation } = context;
  if (operation !== undefined && ["POST", "PUT", "PATCH", "DELETE"].includes(operation.method))
    context.report(
      answerTooLate(at, { method: operation.method, operation: operation.operationId }, { alike: operation.operationId }),
    );
}
