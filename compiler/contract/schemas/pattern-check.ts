import type { DiagnosticSink } from "../../diagnostics/sink.ts";
import type { Origin } from "../../ir/origin.ts";
import { exponentialPattern, foreignPattern, invalidPattern, unprovenPattern } from "./messages.gen.ts";
import { analysePattern, type Matching } from "./patterns/analyse.ts";
import { translatePattern } from "./patterns/dialects.ts";

/** A pattern that is enforced, and how it is matched. */
export interface CheckedPattern {
  /** As ECMAScript has it. */
  readonly pattern: string;
  readonly matching: Matching;
}

/** Real specs have few patterns and use them often. */
const analysed = new WeakMap<DiagnosticSink, Map<string, Matching>>();

/**
 * A pattern in the terms of ECMAScript, and how it is matched; undefined where it cannot be compiled. Of a pattern that takes exponential time elsewhere is
 * warned, as others read the spec as well; of one that long text is refused for, too, unless `maxLength` refuses it anyway.
 */
export function checkPattern(
  written: string,
  maxLength: number | undefined,
  at: Origin,
  sink: DiagnosticSink,
): CheckedPattern | undefined {
  const translated = translatePattern(written);
  if (translated.foreign !== undefined) {
    sink.report(foreignPattern(at, { pattern: written, part: translated.foreign }));
    return undefined;
  }
  const { pattern } = translated;
  const problem = compileProblem(pattern);
  if (problem !== undefined) {
    sink.report(invalidPattern(at, { pattern: written, problem }));
    return undefined;
  }
  const matching = analysedOnce(pattern, sink);
  const checked = { pattern, matching };
  if (!("limit" in matching)) return checked;
  // A character has one or two code units.
  if (maxLength !== undefined && maxLength * 2 <= matching.limit) return checked;
  const limit = String(matching.limit);
  if (matching.by === "bounded") sink.report(unprovenPattern(at, { pattern, limit }));
  else sink.report(exponentialPattern(at, { pattern, witness: JSON.stringify(matching.witness), limit }));
  return checked;
}

function analysedOnce(pattern: string, sink: DiagnosticSink): Matching {
  let known = analysed.get(sink);
  if (known === undefined) analysed.set(sink, (known = new Map()));
  let matching = known.get(pattern);
  if (matching === undefined) known.set(pattern, (matching = analysePattern(pattern)));
  return matching;
}

/** Undefined where the pattern is a regular expression with or without the flag `u`. */
function compileProblem(pattern: string): string | undefined {
  for (const flags of ["", "u"]) {
    try {
      new RegExp(pattern, flags);
      return undefined;
    } catch (error) {
      if (flags === "u")
        return error instanceof Error
          ? error.message.replace(/^Invalid regular expression: .*\/[a-z]*: /, "")
          : "it cannot be compiled";
    }
  }
  return undefined;
}
