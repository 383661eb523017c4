import type { OperationIr } from "../../ir/gateway.ts";
import { formatOrigin } from "../../ir/origin.ts";
import type { Segment } from "../../ir/route.ts";
import type { RunningStep } from "../../ir/running-steps.ts";
import type { OptionIr } from "../../ir/step.ts";
import { formatRequest } from "../../routing/route.ts";
import type { DecidingRule } from "../../routing/specificity.ts";
import { list } from "../../text/words.ts";
import { bodyLines } from "./bodies.ts";
import { conditionTexts } from "./conditions.ts";
import { keptByLines } from "./kept-by.ts";
import { objectiveLines } from "./objectives.ts";
import { accessKind, proof } from "./proof.ts";
import type { ExplainedRequest } from "./request.ts";
import { userLine } from "./split-users.ts";

/** The explanation as text for a terminal. */
export function renderExplanation(explained: ExplainedRequest): string {
  const { operation, request, preflight, steps } = explained;
  const shown = { ...request, headers: request.headers.filter(({ name }) => name.toLowerCase() !== "host") };
  const lines = [formatRequest(shown, true), ...explained.notes.map((note) => `note: ${note}`), ""];
  if (operation === undefined && preflight === undefined) lines.push(...answerLines(explained));
  else if (preflight !== undefined) {
    lines.push(
      `preflight  of ${operation === undefined ? "a request that no operation will match" : describe(operation)}`,
      "",
      ...stepsLines(steps),
      "",
      `answer     by the preflight${preflight.when === undefined ? "" : ", where its condition holds"}; nothing is forwarded`,
    );
  } else lines.push(...operationLines(operation!, explained));
  return `${lines.join("\n")}\n`;
}

function operationLines(
  operation: OperationIr,
  { losers, steps, stores, exporters, targets, upstream, rewrites, taken, users = [], isOptions, isLastHop }: ExplainedRequest,
): string[] {
  const lines = [
    isOptions === true
      ? `OPTIONS    for the path of ${describe(operation)}: forwarded before authentication (routing.options)`
      : `operation  ${describe(operation)}`,
  ];
  for (const { operation: loser, lostBy } of losers) {
    lines.push(`  not ${describe(loser)}: ${ruleTexts[lostBy.rule](operation, loser, lostBy.segment)}`);
  }
  const access = `${accessKind(operation.access)}: ${proof(operation.access)}  (${formatOrigin(operation.access.origin)})`;
  lines.push(...(isOptions === true ? [] : [`access     ${access}`]), "");
  lines.push(steps.length === 0 ? "no steps" : "steps, in order of requests; one that refuses ends the chain");
  lines.push(...stepsLines(steps), "", ...bodyLines(operation));
  if (isOptions !== true) lines.push(...objectiveLines(operation.objectives));
  for (const { name, type, summary, mayFail, origin } of stores)
    lines.push(`store      ${name}: ${type}, ${summary}${mayFail ? "; may be out of reach" : ""}  (${formatOrigin(origin)})`);
  for (const { name, type, notes, origin } of exporters)
    lines.push(`exporter   ${name}: ${type}  (${formatOrigin(origin)})`, ...notes.map((note) => `           ${note}`));
  for (const { step } of steps)
    if (step.experiment !== undefined)
      lines.push(`roll-out   ${step.experiment.name}: ${step.experiment.summary}  (${formatOrigin(step.origin)})`);
  if (operation.warmedBy !== undefined && isOptions !== true)
    lines.push(
      `warming    of URLs that cache.warm lists${operation.isAsked === true ? " and of those asked most" : ""}, by ${operation.warmedBy === "each" ? "each process" : "one process of each instance"}`,
    );
  lines.push(...users.map(userLine));
  for (const target of targets) {
    const { step, when } = target;
    const which = "which" in target && target.which !== undefined ? `, ${target.which}` : "";
    const where = `${which}${when === undefined ? "" : `, where ${when.text.trim()}`}${step === undefined ? "" : `  (${formatOrigin(step.origin)})`}`;
    if ("policy" in target) lines.push(`answer     by ${target.policy}; nothing is forwarded${where}`);
    else if (isLastHop === true) lines.push("answer     204 with Allow, as Max-Forwards is 0; nothing is forwarded");
    else {
      const own = upstream.filter(({ service, step: by }) => service === target.service && by === step);
      for (const { service, url, weight } of own)
        lines.push(`forward    ${service}: ${url}${own.length > 1 ? `  (weight ${weight})` : ""}${where}`);
      const credential = own[0]?.credential;
      if (credential !== undefined) lines.push(`           Authorization: ${credential}`);
      lines.push(...(own[0]?.notes ?? []), ...(own[0]?.retries ?? []));
    }
  }
  if (operation.forward.kind === "terminal") return lines;
  if (taken.length > 0) lines.push(`           without what the client sent as ${list(taken)}, in any spelling`);
  for (const { step, path, query, host } of rewrites) {
    const changes = [
      path === undefined ? "" : `path ${path}`,
      query ? "another query" : "",
      host === undefined ? "" : `Host ${host}`,
    ].filter((text) => text !== "");
    const when = step.when === undefined ? "" : `, where ${step.when.text}`;
    lines.push(`           rewritten: ${list(changes)}${when}  (${formatOrigin(step.origin)})`);
  }
  return [...lines, ...operation.forward.options.map((option) => `           ${optionText(option)}`)];
}

/** What the gateway answers where there is no operation. */
function answerLines({
  request,
  status,
  refusal,
  near,
  location,
  otherSpelling,
  tooLongFor,
  nearest,
  steps,
}: ExplainedRequest): string[] {
  const answers: { readonly [status: number]: string | undefined } = {
    204: request.path === "*" ? "204: the gateway answers for itself." : "204 with Allow: the gateway answers for the path.",
    308: `308 to ${location}: only the trailing slash differs (routing.trailingSlash: redirect).`,
    400: "400: the request names no version that there is.",
    404: "404: no operation matches.",
    405: "405: the path exists, not with this method.",
  };
  const text = [refusal === undefined ? (answers[status!] ?? "") : `${refusal.status}: ${refusal.reason}`];
  for (const { operation, mismatch } of near)
    text.push(`  not ${describe(operation)}: it takes ${conditionTexts[mismatch](operation.match)}`);
  if (otherSpelling !== undefined) {
    text.push(`  not ${describe(otherSpelling.operation)}: it takes ${otherSpelling.path}, and routing.trailingSlash is strict`);
  }
  if (tooLongFor !== undefined) {
    const last = segmentText(tooLongFor.match.path.segments.at(-1));
    text.push(`  not ${describe(tooLongFor)}: ${last} takes one segment, and several with the policy \`segments: many\``);
  }
  if (nearest !== undefined) text.push(`  Did you mean ${nearest}?`);
  else if (status === 404 && near.length === 0 && otherSpelling === undefined && tooLongFor === undefined)
    text.push("  `gatewright routes` lists every path.");
  if (steps.length > 0) {
    const where = refusal === undefined ? "around that answer; one that refuses answers instead" : "on that answer";
    text.push("", `steps of the gateway's own policies ${where}`, ...stepsLines(steps));
  } else if (refusal?.isUnread === true) text.push("", "no steps: what cannot be read as a request is shown to no policy");
  return text;
}

const describe = ({ id, match, origin }: OperationIr): string =>
  `${id}  ${match.method === "*" ? "any" : match.method} ${match.path.template}  (${formatOrigin(origin)})`;

const stepsLines = (steps: readonly RunningStep[]): string[] => steps.flatMap((one, index) => stepLines(one, index + 1));

function stepLines({ step, hooks }: RunningStep, number: number): string[] {
  const mode = step.mode === "report" ? "  [report only]" : "";
  const isPart = hooks.length < step.hooks.length && !hooks.includes("request") && step.hooks.includes("request");
  const part = isPart ? `  [on the answer only]` : "";
  return [
    `  ${String(number).padStart(2)}. ${step.policy}  ${step.summary}  (${formatOrigin(step.origin)})${mode}${part}`,
    ...(step.when === undefined ? [] : [`        only where ${step.when.text}`]),
    ...step.options.map((option) => `        ${optionText(option)}`),
    ...(step.keptBy === undefined ? [] : keptByLines(step.keptBy).map((line) => `        ${line}`)),
  ];
}

const optionText = (option: OptionIr): string => `${optionName(option)} = ${JSON.stringify(option.value)}  ${provenance(option)}`;

const optionName = ({ pointer }: OptionIr): string =>
  pointer.slice(1).replaceAll("/", ".").replaceAll("~1", "/").replaceAll("~0", "~") || "value";

const provenance = ({ scope, origin }: OptionIr): string =>
  origin === undefined ? "default" : `${scope}, ${formatOrigin(origin)}`;

type RuleText = (winner: OperationIr, loser: OperationIr, segment: number | undefined) => string;

const ruleTexts: Record<DecidingRule, RuleText> = {
  host: (_, loser) => `its host pattern is less specific (${conditionTexts.host(loser.match) || "any host"})`,
  path: (winner, loser, segment = 0) =>
    `segment ${segment + 1} of its path is ${segmentText(loser.match.path.segments[segment])}, which is less specific than ${segmentText(winner.match.path.segments[segment])}`,
  headers: () => "it asks for fewer headers",
  query: () => "it asks for fewer query parameters",
  method: () => "it takes the method less exactly",
  tie: () => "equal, decided by name",
};

function segmentText(segment: Segment | undefined): string {
  if (segment === undefined) return "the end";
  const texts: { readonly [Kind in Segment["kind"]]: (segment: Extract<Segment, { readonly kind: Kind }>) => string } = {
    literal: ({ text }) => text,
    parameter: ({ name }) => `{${name}}`,
    mixed: ({ parts }) => parts.map((part) => (part.kind === "literal" ? part.text : `{${part.name}}`)).join(""),
    wildcard: () => "*",
    rest: () => "**",
  };
  // The record holds the function for exactly this kind.
  return `\`${(texts[segment.kind] as (segment: Segment) => string)(segment)}\``;
}
