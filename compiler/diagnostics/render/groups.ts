import type { Diagnostic, Severity } from "../diagnostic.ts";

/** Findings of one code: the first in full, the others in a line each. */
export interface Group {
  readonly first: Diagnostic;
  /** Those that say something new before those that repeat it. */
  readonly others: readonly Diagnostic[];
  /** So many warnings that each is a line: what they say, once for each sentence, and how often. */
  readonly sentences?: readonly Sentence[];
}

/** What several findings say, but for the names in it. */
export interface Sentence {
  readonly first: Diagnostic;
  readonly count: number;
}

/** So many of one code are each shown in full: errors have to be mended one by one, warnings are looked through. */
const mostInFull: Readonly<Record<Severity, number>> = { error: 10, warning: 3 };

/** Nobody looks through more warnings of one code than these. */
const mostWarnings = 20;

/**
 * Puts findings of one code together where there are many, at the place of the first: whoever reads from the top sees
 * each kind of finding once before the hundredth of any.
 */
export function groupByCode(diagnostics: readonly Diagnostic[]): readonly Group[] {
  const byCode = new Map<string, Diagnostic[]>();
  for (const diagnostic of diagnostics) {
    const key = `${diagnostic.severity} ${diagnostic.code}`;
    const known = byCode.get(key);
    if (known === undefined) byCode.set(key, [diagnostic]);
    else known.push(diagnostic);
  }
  return diagnostics.flatMap((diagnostic): Group[] => {
    const all = byCode.get(`${diagnostic.severity} ${diagnostic.code}`)!;
    if (all.length <= mostInFull[diagnostic.severity]) return [{ first: diagnostic, others: [] }];
    if (all[0] !== diagnostic) return [];
    const others = newFirst(all).slice(1);
    const isCounted = diagnostic.severity === "warning" && all.length > mostWarnings;
    return [isCounted ? { first: diagnostic, others, sentences: sentencesOf(all) } : { first: diagnostic, others }];
  });
}

function sentencesOf(diagnostics: readonly Diagnostic[]): Sentence[] {
  const found = new Map<string, { readonly first: Diagnostic; count: number }>();
  for (const diagnostic of diagnostics) {
    const shape = shapeOf(diagnostic.message);
    const known = found.get(shape);
    if (known === undefined) found.set(shape, { first: diagnostic, count: 1 });
    else known.count += 1;
  }
  return [...found.values()].toSorted((a, b) => b.count - a.count);
}

function newFirst(diagnostics: readonly Diagnostic[]): Diagnostic[] {
  const seen = new Set<string>();
  const fresh = diagnostics.filter(({ message }) => {
    const shape = shapeOf(message);
    if (seen.has(shape)) return false;
    seen.add(shape);
    return true;
  });
  const known = new Set(fresh);
  return [...fresh, ...diagnostics.filter((diagnostic) => !known.has(diagnostic))];
}

/** A sentence without names and numbers: what it says, and not what of. */
const shapeOf = (message: string): string => message.replaceAll(/`[^`]*`/g, "``").replaceAll(/\([^()]*\)|\d+/g, "");
