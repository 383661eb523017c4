import { inZone } from "../../runtime/expressions/calendar.ts";
import { durationFromString } from "../../runtime/expressions/duration.ts";
import { ExpressionError } from "../../runtime/expressions/error.ts";
import { timestampFromString } from "../../runtime/expressions/timestamp.ts";
import type { Ast } from "./ast.ts";
import type { Checker } from "./checker.ts";
import { invalidLiteral, pattern } from "./messages.gen.ts";
import type { OverloadId } from "./overloads.ts";
import { PatternProblem, translatePattern } from "./pattern.ts";

/** Literals that a function would refuse at run time are refused when the gateway is built. True where one was. */
export function checkLiterals(checker: Checker, overload: OverloadId, parts: readonly Ast[]): boolean {
  const before = checker.problems.length;
  check(checker, overload, parts);
  return checker.problems.length > before;
}

function check(checker: Checker, overload: OverloadId, parts: readonly Ast[]): void {
  if (overload === "matches") return checkPattern(checker, parts[1]!);
  const last = parts.at(-1);
  if (last?.kind !== "literal" || last.type !== "string") return;
  if (overload === "timestampFromString")
    attempt(checker, last, "timestamp", "Write it as in `'2027-01-31T12:00:00Z'` (RFC 3339).", () =>
      timestampFromString(last.value),
    );
  if (overload === "durationFromString")
    attempt(checker, last, "duration", "Write it as in `'1h30m'`, `'1.5s'` or `'250ms'`.", () => durationFromString(last.value));
  if (/^[a-z].*In$/.test(overload) && parts.length === 2) {
    attempt(checker, last, "time zone", "Write a name such as `'Europe/Berlin'`, or an offset such as `'+02:00'`.", () =>
      inZone({ seconds: 0, nanos: 0 }, last.value),
    );
  }
}

function attempt(checker: Checker, ast: Ast & { kind: "literal" }, kind: string, help: string, run: () => unknown): void {
  try {
    run();
  } catch (error) {
    if (!(error instanceof ExpressionError)) throw error;
    checker.report(ast, (at) => invalidLiteral(at, { literal: checker.source(ast), kind, problem: error.message, help }));
  }
}

function checkPattern(checker: Checker, ast: Ast): void {
  if (ast.kind !== "literal" || ast.type !== "string") {
    checker.report(ast, (at) =>
      pattern(at, {
        problem: "it is not written as text",
        help: "Write the pattern itself in quotes; it is compiled when the gateway is built.",
      }),
    );
    return;
  }
  try {
    translatePattern(ast.value);
  } catch (error) {
    if (!(error instanceof PatternProblem)) throw error;
    checker.report(ast, (at) => pattern(at, { problem: error.message, help: error.help }));
  }
}
