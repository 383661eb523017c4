import type { Origin } from "../ir/origin.ts";

export type Severity = "error" | "warning";

/** A range and what to say right under it. */
export interface Label {
  readonly origin: Origin;
  readonly text: string;
  /** The text of the range must not be shown: it looks like a secret. */
  readonly isSecret?: boolean;
}

/** A replacement that is safe to apply without looking. */
export interface Edit {
  readonly origin: Origin;
  readonly text: string;
}

/** One finding: what is wrong, where, why it matters and what to write instead. */
export interface Diagnostic {
  /** `<owner>/<slug>`: stable, and the name of its page for `gatewright explain`. */
  readonly code: string;
  readonly severity: Severity;
  /** One sentence in the user's own words. */
  readonly message: string;
  readonly primary: Label;
  readonly related: readonly Label[];
  readonly why: string;
  readonly help: string;
  readonly edits: readonly Edit[];
  /** See `DiagnosticExtras.alike`. */
  readonly alike?: string;
}

/** What the caller of a message function may add to the sentence. */
export interface DiagnosticExtras {
  readonly related?: readonly Label[];
  readonly edits?: readonly Edit[];
  /** What it is about, where one line can be wrong for many: `listOrders`. They become one diagnostic that names the others. */
  readonly alike?: string;
  /** See `Label.isSecret`; for the primary label. */
  readonly isSecret?: boolean;
}
