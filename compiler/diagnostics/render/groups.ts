import type { Diagnostic, Severity } from "../diagnostic.ts";

/** Findings of one code: the first in full, the others in a line each. */
export interface Group {
  readonly first: Diagnostic;
  /** Those that say something new before those that repeat it. */
  readonly others: readonly Diagnostic[];
}

/** So many of one code are each shown in full: errors have to be mended one by one, warnings are looked through. */
const mostInFull: Readonly<Record<Severity, number>> = { error: 10, warning: 3 };

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
    return all[0] === diagnostic ? [{ first: diagnostic, others: newFirst(all).slice(1) }] : [];
  });
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
