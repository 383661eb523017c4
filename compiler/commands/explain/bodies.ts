import { answerSteps, keepingStep, packingStep } from "../../ir/answer-steps.ts";
import type { OperationIr } from "../../ir/gateway.ts";
import { formatOrigin } from "../../ir/origin.ts";
import { hasRole } from "../../ir/role.ts";
import type { StepIr } from "../../ir/step.ts";
import { list } from "../../text/words.ts";

/** What is held in memory of requests and answers, for whom and up to what size; the rest streams through. */
export function bodyLines(operation: OperationIr): string[] {
  const { steps } = operation;
  const holders = steps.filter(({ body }) => body === "buffered" || body === "replaced");
  // One that only reports, or not always runs, bounds nothing.
  const size = steps.find(({ bodyBound, mode, when }) => bodyBound !== undefined && mode === "enforce" && when === undefined);
  const bounded =
    size === undefined || holders.includes(size)
      ? ""
      : `; ${size.policy} (${formatOrigin(size.origin)}${bound(size, size.bodyBound!)}) comes first`;
  const streamed = steps.flatMap(({ requestBodies }) => requestBodies?.streamed ?? []);
  const screened = steps.flatMap(({ requestBodies }) => requestBodies?.screened ?? []);
  const requests =
    holders.length === 0
      ? ["streams through"]
      : [
          `held in memory for ${list(holders.map(holderText))}${bounded}; ${beyond(holders)}`,
          ...(screened.length === 0 ? [] : [`streams its files where the rest is valid: ${screened.join(", ")}`]),
          ...(streamed.length === 0 ? [] : [`streams through: ${streamed.join(", ")}`]),
        ];
  const copied = steps
    .filter(({ copiesBodies }) => copiesBodies === true)
    .map(
      (step) =>
        `copied as they pass for ${stepText(step)}; requests with larger ones are not copied, nor any with a body where memory is short`,
    );
  return [...labelled("body", [...requests, ...copied]), ...labelled("answers", answersOf(steps))];
}

/** What becomes of those for which there is no room. */
const beyond = (holders: readonly StepIr[]): string =>
  holders.some(({ mode }) => mode === "enforce")
    ? "larger ones get 413; where memory is short, all get 503"
    : "larger ones, and all where memory is short, stream through unchecked";

const stepText = (step: StepIr): string =>
  `${step.policy} (${formatOrigin(step.origin)}${bound(step, step.bodyBound ?? "/maxBody")})`;

function holderText(step: StepIr): string {
  const { held = [], streamed = [], screened = [] } = step.requestBodies ?? {};
  const only = streamed.length + screened.length === 0 || held.length === 0 ? "" : `: ${held.join(", ")}`;
  return `${stepText(step)}${only}`;
}

/** In the order in which an answer comes to the steps. */
function answersOf(steps: readonly StepIr[]): string[] {
  const looking = answerSteps(steps.map((step) => ({ step })));
  const collecting = looking.filter(({ step }) => step.answer?.most !== undefined).length;
  const shared = collecting > 1 ? ["one body in memory serves all of these"] : [];
  const packer = packingStep(looking)?.step;
  const packed =
    packer === undefined
      ? []
      : [
          keepingStep(looking)!.step.answer!.inMemory === true
            ? `kept beside it as ${packer.policy} makes it, once for each coding (${formatOrigin(packer.origin)}: above ${packer.answer!.most!} in threads of zlib; where these or memory are short, as it goes out)`
            : `made by ${packer.policy} for each client (${formatOrigin(packer.origin)}): the store keeps what the service sent`,
        ];
  return [...looking.flatMap(({ step }) => answerTexts(step)), ...packed, ...shared];
}

function answerTexts(step: StepIr): string[] {
  if (step.answer === undefined) return [];
  const { use, most, larger, silent, bodies = { held: [], streamed: [] } } = step.answer;
  const { held, streamed } = bodies;
  const streams = streamed.length === 0 ? [] : [`stream through unchecked: ${streamed.join(", ")}`];
  const ahead = silent === true ? "; interim answers are dropped" : "";
  if (most === undefined) {
    // Who may ask for no body looks at the head alone.
    if (use !== "held" || step.hooks.includes("answerBody")) return streams;
    return [`wait until ${step.policy} has judged their head (${formatOrigin(step.origin)}${ahead})`];
  }
  if (larger === "streamed") {
    const where = `${step.policy} (${formatOrigin(step.origin)}: at most ${most} where the length is announced`;
    return [`held in memory for ${where}; others stream through it; where memory is short, they pass unchanged)`];
  }
  if (larger === "unkept")
    return [
      `kept by ${step.policy} (${formatOrigin(step.origin)}: at most ${most}; larger ones pass, and so do all where memory is short)`,
      ...(hasRole(step, "keeps") ? ["what slow clients take of what has left the cache counts as memory for bodies"] : []),
    ];
  const what = use === "seen" ? "copied as they pass" : "held in memory";
  const large =
    larger === "refused"
      ? "larger ones are refused"
      : use === "seen"
        ? "larger ones are not checked"
        : "larger ones stream through unchecked";
  return [
    `${what} for ${step.policy} (${formatOrigin(step.origin)}: at most ${most}; ${large}${ahead})${held.length === 0 ? "" : `: ${held.join(", ")}`}`,
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
