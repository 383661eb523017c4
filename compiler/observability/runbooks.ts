import type { Runbook } from "./alerts/alert.ts";
import { burnRunbooks } from "./alerts/burning.ts";
import { alertGroups } from "./alerts/index.ts";
import type { Facts } from "./facts.ts";
import type { Objective } from "./objectives/objective.ts";
import { type AlertingRule, type RuleGroup, runbookPath } from "./rule.ts";

/** A page for each alert, by path. */
export function runbooks(facts: Facts, groups: readonly RuleGroup[]): ReadonlyMap<string, string> {
  const rules = groups.flatMap((group) => group.rules.flatMap((rule) => ("alert" in rule ? [rule] : [])));
  const pages = new Map([
    ...burnRunbooks(facts),
    ...alertGroups(facts).flatMap(([, alerts]) => alerts.map(({ name, runbook }) => [name, runbook] as const)),
  ]);
  return new Map(
    [...pages].map(([name, page]) => {
      const own = rules.filter(({ alert }) => alert === name);
      return [runbookPath(name), pageOf(name, page, own, facts)];
    }),
  );
}

function pageOf(
  name: string,
  { meaning, look, commands, remedy }: Runbook,
  rules: readonly AlertingRule[],
  facts: Facts,
): string {
  const severities = [...new Set(rules.map(({ labels }) => labels.severity))].join(" or ");
  const about = rules[0]!.labels.tier === undefined ? [] : ["", ...objectivesTable(facts.objectives, name)];
  return [
    `# ${name}`,
    "",
    `Gateway ${facts.name}, ${severities}. Written by \`gatewright build\` for this gateway; the next build writes it again.`,
    "",
    "## What it means",
    "",
    meaning,
    ...about,
    "",
    "## What to look at first",
    "",
    ...look.map((text, index) => `${index + 1}. ${text}`),
    "",
    "## Commands and queries",
    "",
    "URL is that of the admin listener; `--key-env NAME` names the environment variable with a key for it, where it asks for one.",
    "",
    ...commands.map(([command, says]) => `- \`${command}\`: ${says}`),
    "",
    "## What helps",
    "",
    ...remedy.map((text) => `- ${text}`),
    "",
    "## When it fires",
    "",
    ...rules.slice(0, shown).flatMap(ruleText),
    ...(rules.length > shown
      ? [`${rules.length - shown} more like these are in \`observability/prometheus/rules.yaml\`.`, ""]
      : []),
  ].join("\n");
}

/** Rules of one alert that its page prints. */
const shown = 4;

const ruleText = ({ expr, for: lasting, labels }: AlertingRule): string[] => [
  `${labels.tier === undefined ? "" : `Tier ${labels.tier}, ${labels.severity}. `}${lasting === undefined ? "As soon as this has a value:" : `Where this has a value for ${lasting}:`}`,
  "",
  "```promql",
  expr,
  "```",
  "",
];

function objectivesTable(objectives: readonly Objective[], alert: string): string[] {
  const own = objectives.filter(({ bound }) => (bound === undefined) === (alert === "GatewrightErrorBudgetBurns"));
  return [
    "| Objective | Promise | Days | Operations |",
    "|---|---|---|---|",
    ...own.map(
      ({ name, promise, window, operations }) =>
        `| ${cell(name)} | ${promise} | ${window / 86_400_000} | ${operations.slice(0, most).map(cell).join(", ")}${operations.length > most ? ` and ${operations.length - most} more` : ""} |`,
    ),
  ];
}

/** Names come from specs, which may be somebody else's: in a page they are text, on one line, and neither columns nor tags. */
const cell = (text: string): string => text.replaceAll(/[\p{Cc}\u2028\u2029]+/gu, " ").replaceAll(/[\\`*_[\]<>|&]/g, "\\$&");

const most = 12;
