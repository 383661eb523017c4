import type { Exchange } from "../exchange/exchange.ts";
import { problemType, violationsIn } from "./problem.ts";

/** Notes what a step in report mode would have answered, and lets the request go on. */
export function reportOnly(x: Exchange, policy: string): void {
  const { answer } = x;
  if (answer === undefined) return;
  const { status, problem } = answer;
  const violations = problem === undefined ? [] : (problem.findings ?? violationsIn(problem));
  x.reports.push({
    policy,
    status,
    type: problem === undefined ? "" : problemType(problem),
    ...(violations.length === 0 ? {} : { violations }),
  });
  x.answer = undefined;
}
