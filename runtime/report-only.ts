import type { Exchange } from "./exchange.ts";
import { problemType, violationsIn } from "./problem.ts";

/** Notes what a step in report mode would have answered, and lets the request go on. */
export function reportOnly(x: Exchange, policy: string): void {
  const { answer } = x;
  if (answer === undefined) return;
  const { status, problem } = answer;
  x.reports.push(
    problem === undefined
      ? { policy, status, type: "" }
      : { policy, status, type: problemType(problem), violations: problem.findings ?? violationsIn(problem) },
  );
  x.answer = undefined;
}
