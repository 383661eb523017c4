import type { OperationIr } from "../../ir/gateway.ts";
import { formatOrigin } from "../../ir/origin.ts";
import type { StepIr } from "../../ir/step.ts";
import { list } from "../../text/words.ts";

/** What is held in memory of requests and answers, for whom and up to what size; the rest streams through. */
export function bodyLines(operation: OperationIr): string[] {
  const { steps } = operation;
  const holders = steps.filter(({ body }) => body === "buffered" || body === "replaced");
  // One that only reports, or not always runs, bounds nothing.
  const size = steps.find(({ bodyBound, mode, when }) => bodyBound !== undefined && mode === "enforce" && when === undefined);
  const bounded =
    size === undefined ? "" : `; ${size.policy} (${formatOrigin(size.origin)}${bound(size, size.bodyBound!)}) comes first`;
  const streamed = steps.flatMap(({ requestBodies }) => requestBodies?.streamed ?? []);
  const screened = steps.flatMap(({ requestBodies }) => requestBodies?.screened ?? []);
  const requests =
    holders.length === 0
      ? ["streams through"]
      : [
          `held in memory for ${list(holders.map(holderText))}${bounded}`,
          ...(screened.length === 0 ? [] : [`streams its files where the rest is valid: ${screened.join(", ")}`]),
          ...(streamed.length === 0 ? [] : [`streams through: ${streamed.join(", ")}`]),
        ];
  return [...labelled("body", requests), ...labelled("answers", steps.flatMap(answerTexts))];
}

function holderText(step: StepIr): string {
  const { held = [], streamed = [], screened = [] } = step.requestBodies ?? {};
  const only = streamed.length + screened.length === 0 || held.length === 0 ? "" : `: ${held.join(", ")}`;
  return `${step.policy} (${formatOrigin(step.origin)}${bound(step, "/maxBody")})${only}`;
}

function answerTexts(step: StepIr): string[] {
  const { held, streamed } = step.answerBodies ?? { held: [], streamed: [] };
  const isHeld = option(step, "/response") === "enforce";
  const large = option(step, "/largeResponse") === "refuse" ? "larger ones are refused" : "larger ones stream through unchecked";
  const what = isHeld ? "held in memory" : "copied as they pass";
  const streams = streamed.length === 0 ? [] : [`stream through unchecked: ${streamed.join(", ")}`];
  if (held.length === 0) return streams;
  return [
    `${what} for ${step.policy} (${formatOrigin(step.origin)}${bound(step, "/maxBody")}; ${isHeld ? large : "larger ones are not checked"}): ${held.join(", ")}`,
    ...streams,
  ];
}

const labelled = (label: string, texts: readonly string[]): string[] =>
  texts.map((text, index) => `${(index === 0 ? label : "").padEnd(11)}${text}`);

const option = ({ options }: StepIr, pointer: string): unknown => options.find((one) => one.pointer === pointer)?.value;

function bound(step: StepIr, pointer: string): string {
  const found = option(step, pointer);
  return found === undefined ? "" : `: at most ${String(found)}`;
}
