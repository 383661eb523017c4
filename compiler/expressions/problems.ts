import type { Diagnostic, Severity } from "../diagnostics/diagnostic.ts";
import type { Origin } from "../ir/origin.ts";
import type { Span } from "./ast.ts";

/** A finding inside of an expression: offsets count from the start of its text. */
export interface ExpressionProblem {
  readonly code: string;
  readonly severity: Severity;
  readonly message: string;
  readonly help: string;
  readonly start: number;
  readonly end: number;
  /** The finding as a diagnostic, once it is known where the expression is written. */
  diagnose(at: Origin): Diagnostic;
}

const nowhere: Origin = { file: "", start: 0, end: 0, line: 1, column: 1 };

/** `diagnose` is a message function with its values filled in. */
export function problemAt({ start, end }: Span, diagnose: (at: Origin) => Diagnostic): ExpressionProblem {
  const { code, severity, message, help } = diagnose(nowhere);
  return { code, severity, message, help, start, end, diagnose };
}
