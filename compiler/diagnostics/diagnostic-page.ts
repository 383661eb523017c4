import type { Severity } from "./diagnostic.ts";

/** What `gatewright explain CODE` shows. Texts still hold their placeholders: `{operation}`. */
export interface DiagnosticPage {
  readonly severity: Severity;
  readonly message: string;
  readonly label: string;
  readonly why: string;
  readonly help: string;
  /** Markdown paragraphs; empty where there are none. */
  readonly prose: string;
  /** Files, by path, of a project that has the fault; what is not given is as in the default project. */
  readonly bad: Readonly<Record<string, string>>;
  /** The same project without the fault. */
  readonly good: Readonly<Record<string, string>>;
}
