import type { Diagnostic } from "./diagnostic.ts";
import { DiagnosticSink } from "./sink.ts";

/** Passes on what is reported and keeps it, so that it can be reported again where the work is not done again. */
export class RecordingSink extends DiagnosticSink {
  #target: DiagnosticSink | undefined;
  #found: Diagnostic[] = [];

  override report(diagnostic: Diagnostic): void {
    this.#found.push(diagnostic);
    this.#target?.report(diagnostic);
  }

  /** From now on, reports go to `target`, where there is one, and into the list that is returned. */
  record(target: DiagnosticSink | undefined): readonly Diagnostic[] {
    this.#target = target;
    this.#found = [];
    return this.#found;
  }
}
