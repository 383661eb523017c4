/** As Prometheus reads them from a file. */
export interface RecordingRule {
  readonly record: string;
  readonly expr: string;
  readonly labels: Readonly<Record<string, string>>;
}

export interface AlertingRule {
  readonly alert: string;
  readonly expr: string;
  readonly for?: string;
  readonly labels: { readonly severity: "page" | "ticket" } & Readonly<Record<string, string>>;
  readonly annotations: { readonly summary: string; readonly description: string; readonly runbook: string };
}

export interface RuleGroup {
  readonly name: string;
  readonly rules: readonly (RecordingRule | AlertingRule)[];
}

/** Where the page of an alert is, relative to what `build` writes. */
export const runbookPath = (alert: string): string => `observability/runbooks/${alert}.md`;

/**
 * Text as a template of Prometheus that gives just this text. Labels and annotations of alerts are templates of Go: an
 * operation that is called `{{` would keep the file from being loaded, or be replaced by what it asks for.
 */
export const literalText = (text: string): string => text.replaceAll("{{", '{{"{{"}}');
