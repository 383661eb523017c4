import { list } from "../text/words.ts";
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
    return joined(this.#found).toSorted((a, b) => {
      const byRank = rank(a) - rank(b);
      if (byRank !== 0) return byRank;
      if (a.primary.origin.file !== b.primary.origin.file) return a.primary.origin.file < b.primary.origin.file ? -1 : 1;
      return a.primary.origin.start - b.primary.origin.start || (a.code < b.code ? -1 : a.code > b.code ? 1 : 0);
    });
  }
}

/** One diagnostic for those that one line causes alike. */
function joined(found: readonly Diagnostic[]): Diagnostic[] {
  const groups = new Map<string, Diagnostic[]>();
  const counts = new Map<string, number>();
  found.forEach((diagnostic, index) => {
    const { code, alike, primary } = diagnostic;
    const place = `${code} ${primary.origin.file} ${primary.origin.start}`;
    // A line can be wrong in several ways for one operation: each way is a diagnostic of its own.
    const nth = counts.get(`${place} ${alike}`) ?? 0;
    counts.set(`${place} ${alike}`, nth + 1);
    const key = alike === undefined ? String(index) : `${place} ${nth}`;
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [diagnostic]);
    else group.push(diagnostic);
  });
  return [...groups.values()].map(([first, ...others]) => {
    const names = [...new Set(others.map(({ alike }) => alike!))].filter((name) => name !== first!.alike);
    if (names.length === 0) return first!;
    const shown = names.length > 4 ? [...names.slice(0, 3), `${names.length - 3} more`] : names;
    return { ...first!, message: `${first!.message} The same holds for ${list(shown)}.` };
  });
}
