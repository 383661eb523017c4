import type { DiagnosticSink } from "../diagnostics/sink.ts";
import type { Origin } from "../ir/origin.ts";
import { exponentialPattern, invalidPattern, unprovenPattern } from "./messages.gen.ts";
import { analysePattern, type PatternDanger } from "./patterns/analyse.ts";

export interface PatternVerdict {
  readonly isValid: boolean;
  /** Longest text that the pattern may be tried on, where it needs one. */
  readonly limit?: number;
}

/** Real specs have few patterns and use them often. */
const analysed = new WeakMap<DiagnosticSink, Map<string, PatternDanger | undefined>>();

/**
 * Looks whether a pattern can be compiled, and whether some text would keep it busy for ever. Where only long text would
 * (its steps grow with the square of the length or more), long text is refused without a warning at build time: the limit
 * is thousands of characters, and a schema that is to have longer text says so least often with such a pattern.
 */
export function checkPattern(pattern: string, maxLength: number | undefined, at: Origin, sink: DiagnosticSink): PatternVerdict {
  const problem = compileProblem(pattern);
  if (problem !== undefined) {
    sink.report(invalidPattern(at, { pattern, problem }));
    return { isValid: false };
  }
  const danger = analysedOnce(pattern, sink);
  if (danger === undefined || (maxLength !== undefined && maxLength * 2 <= danger.limit)) return { isValid: true };
  const { growth, witness, limit } = danger;
  if (growth === "polynomial") return { isValid: true, limit };
  if (growth === "unknown") sink.report(unprovenPattern(at, { pattern, limit: String(limit) }));
  else
    sink.report(
      exponentialPattern(at, {
        pattern,
        witness: JSON.stringify(witness),
        limit: String(limit),
      }),
    );
  return { isValid: true, limit };
}

function analysedOnce(pattern: string, sink: DiagnosticSink): PatternDanger | undefined {
  let known = analysed.get(sink);
  if (known === undefined) analysed.set(sink, (known = new Map()));
  if (!known.has(pattern)) known.set(pattern, analysePattern(pattern));
  return known.get(pattern);
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
