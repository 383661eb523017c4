import { formatOrigin } from "../ir/origin.ts";
import type { OptionIr, StepIr } from "../ir/step.ts";
import { proof } from "./proof.ts";
import { formatRequest } from "../routing/route.ts";
import type { DecidingRule } from "../routing/specificity.ts";
import type { ExplainedRequest } from "./request.ts";

/** The explanation as text for a terminal. */
export function renderExplanation(explained: ExplainedRequest): string {
  const { operation, request } = explained;
  const lines = [formatRequest(request, true), ""];
  if (operation === undefined) {
    lines.push(explained.status === 405 ? "405: the path exists, not with this method." : "404: no operation matches.");
    for (const { operation: near, mismatch } of explained.near) {
      lines.push(`  not ${near.id} (${near.match.method} ${near.match.path.template}, ${formatOrigin(near.origin)}): another ${mismatch}`);
    }
    return `${lines.join("\n")}\n`;
  }
  lines.push(`operation  ${operation.id}  ${operation.match.method} ${operation.match.path.template}  (${formatOrigin(operation.origin)})`);
  for (const { operation: loser, rule } of explained.losers) {
    lines.push(`  not ${loser.id} (${loser.match.method} ${loser.match.path.template}, ${formatOrigin(loser.origin)}): ${ruleNames[rule]}`);
  }
  lines.push(`access     ${operation.access.kind}: ${proof(operation.access)}  (${formatOrigin(operation.access.origin)})`, "");
  lines.push(operation.steps.length === 0 ? "no steps" : "steps, in order of requests");
  for (const [index, step] of operation.steps.entries()) lines.push(...stepLines(step, index + 1));
  lines.push("");
  lines.push(explained.buffers.length === 0 ? "body       streams through" : `body       held in memory for ${explained.buffers.join(", ")}`);
  if (operation.forward.kind === "terminal") lines.push(`answer     by ${operation.forward.policy}; nothing is forwarded`);
  for (const { service, url, weight } of explained.upstream) {
    lines.push(`forward    ${service}: ${url}${explained.upstream.length > 1 ? `  (weight ${weight})` : ""}`);
  }
  if (operation.steps.some((step) => step.policy === "rewrite")) lines.push("           then changed by rewrite, as above");
  return `${lines.join("\n")}\n`;
}

function stepLines(step: StepIr, number: number): string[] {
  const mode = step.mode === "report" ? "  [report only]" : "";
  return [
    `  ${String(number).padStart(2)}. ${step.policy}  ${step.summary}  (${formatOrigin(step.origin)})${mode}`,
    ...step.options.map((option) => `        ${optionName(option)} = ${JSON.stringify(option.value)}  ${provenance(option)}`),
  ];
}

const optionName = ({ pointer }: OptionIr): string => pointer.slice(1).replaceAll("/", ".").replaceAll("~1", "/").replaceAll("~0", "~") || "value";

const provenance = ({ scope, origin }: OptionIr): string => (origin === undefined ? "default" : `${scope}, ${formatOrigin(origin)}`);

const ruleNames: Record<DecidingRule, string> = {
  host: "its host pattern is less specific",
  path: "its path is less specific",
  headers: "it asks for fewer headers",
  query: "it asks for fewer query parameters",
  method: "it takes the method less exactly",
  tie: "equal, decided by name",
};
