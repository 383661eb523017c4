import type { Facts } from "../facts.ts";
import { type Matcher, series } from "../promql.ts";
import { type AlertingRule, runbookPath } from "../rule.ts";

/** What somebody who was woken up reads. Markdown. */
export interface Runbook {
  /** What is the case, and what clients notice of it. */
  readonly meaning: string;
  /** Where to look, most likely cause first. */
  readonly look: readonly string[];
  /** Commands of ours, and queries, with what they say. */
  readonly commands: readonly (readonly [command: string, says: string])[];
  readonly remedy: readonly string[];
}

/** An alert and its page. */
export interface Alert {
  readonly name: string;
  /** Page: somebody gets up now. Ticket: somebody looks on the next working day. */
  readonly severity: "page" | "ticket";
  readonly expr: string;
  /** How long it has to be so. */
  readonly for?: string;
  readonly summary: string;
  readonly description: string;
  readonly runbook: Runbook;
}

/** Alerts of one kind, those of them that this gateway can have. */
export type Alerts = (facts: Facts) => readonly Alert[];

export const ruleOf = ({ name, severity, expr, for: lasting, summary, description }: Alert): AlertingRule => ({
  alert: name,
  expr,
  ...(lasting === undefined ? {} : { for: lasting }),
  labels: { severity },
  annotations: { summary, description, runbook: runbookPath(name) },
});

/** A metric of this gateway: `gatewright_connections{job="shop"}`. */
export const own = ({ job }: Facts, name: string, ...more: readonly Matcher[]): string => series(name, [job, ...more]);
