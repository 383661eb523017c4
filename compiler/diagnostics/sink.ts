import type { Diagnostic } from "./diagnostic.ts";

/** Collects what the phases find. A phase reports and goes on; the driver asks `hasErrors` between phases. */
export class DiagnosticSink {
  readonly #found: Diagnostic[] = [];
  readonly #seen = new Set<string>();

  report(diagnostic: Diagnostic): void {
    const { file, start, end } = diagnostic.primary.origin;
    const identity = `${diagnostic.code} ${file} ${start} ${end} ${diagnostic.message}`;
    if (this.#seen.has(identity)) return;
    this.#seen.add(identity);
    this.#found.push(diagnostic);
  }

  get hasErrors(): boolean {
    return this.#found.some((diagnostic) => diagnostic.severity === "error");
  }

  /** Errors first, then by file and place, so that output never depends on the order of work. */
  sorted(): readonly Diagnostic[] {
    const rank = (diagnostic: Diagnostic): number => (diagnostic.severity === "error" ? 0 : 1);
    return this.#found.toSorted((a, b) => {
      const byRank = rank(a) - rank(b);
      if (byRank !== 0) return byRank;
      if (a.primary.origin.file !== b.primary.origin.file) return a.primary.origin.file < b.primary.origin.file ? -1 : 1;
      return a.primary.origin.start - b.primary.origin.start || (a.code < b.code ? -1 : a.code > b.code ? 1 : 0);
    });
  }
}
