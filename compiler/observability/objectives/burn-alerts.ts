import { durationText } from "../../text/duration-text.ts";
import { count } from "../../text/words.ts";
import { decimal } from "../promql.ts";
import { type AlertingRule, runbookPath } from "../rule.ts";
import type { Objective } from "./objective.ts";
import { objectiveLabels, recordedSeries } from "./recordings.ts";
import { type Tier, tiersOf } from "./tiers.ts";

export const burnAlerts = { availability: "GatewrightErrorBudgetBurns", latency: "GatewrightLatencyBudgetBurns" } as const;

/** One rule for each tier: both windows burn, and enough requests were bad that it is no accident. */
export const burnRules = (objective: Objective, job: string): AlertingRule[] =>
  tiersOf(objective).map((tier) => ({
    alert: burnAlert(objective),
    expr: burning(objective, tier, objectiveLabels(job, objective)),
    // The series have these as well; with them no two rules are alike, which promtool warns of.
    labels: { ...objectiveLabels(job, objective), severity: tier.severity, tier: tier.tier },
    annotations: texts(objective, tier),
  }));

export const burnAlert = ({ bound }: Pick<Objective, "bound">): string =>
  bound === undefined ? burnAlerts.availability : burnAlerts.latency;

function burning(
  { budget, minFailures }: Objective,
  { long, short, factor }: Tier,
  labels: Readonly<Record<string, string>>,
): string {
  const ratio = (window: number): string =>
    `${recordedSeries("bad", window, labels)} / ${recordedSeries("all", window, labels)} > ${decimal(factor * budget)}`;
  return [
    ratio(long),
    "and",
    ratio(short),
    "and",
    `${recordedSeries("bad", long, labels)} * ${long / 1000} >= ${minFailures}`,
  ].join("\n");
}

function texts(objective: Objective, { long, short, factor, spent }: Tier): AlertingRule["annotations"] {
  const { name, promise, window, bound, minFailures } = objective;
  const over = count(window / 86_400_000, "day");
  const were = bound === undefined ? "failed" : `took longer than ${durationText(bound)}`;
  return {
    summary: `{{ $value | humanizePercentage }} of the requests of ${name} ${were} in the last ${durationText(long)}`,
    description: [
      `The objective of ${name} is that ${promise} over ${over}.`,
      `Its budget is spent at least ${decimal(factor)} times as fast as it lasts for, in the last ${durationText(long)} and in the last ${durationText(short)}:`,
      `at this pace ${decimal(spent * 100)}% of it or more goes in ${durationText(long)}.`,
      `${count(minFailures, "bad request")} or more were counted.`,
    ].join(" "),
    runbook: runbookPath(burnAlert(objective)),
  };
}
