import { type Problem, violationsIn } from "../answers/problem.ts";
import type { Report } from "../exchange/exchange.ts";
import { propertyOf } from "../validation/report.ts";
import { shortened, type Violation } from "../validation/violations.ts";
import { jsonText } from "./json-text.ts";

/** Whether a refusal says what is wrong with the request or the answer. */
export const isFounded = (problem: Problem): boolean => (problem.findings ?? violationsIn(problem)).length > 0;

/** What a refusal is about, as a member of a line with a comma behind it; empty where nothing more is known. */
export const problemText = (problem: Problem): string => violationsText(problem.findings ?? violationsIn(problem));

/** What steps in report mode would have answered, and why. */
export const reportsText = (reports: readonly Report[]): string => `[${reports.map(reportText).join(",")}]`;

const reportText = ({ policy, status, type, violations = [] }: Report): string =>
  `{"policy":${jsonText(policy)},"status":${status},${violationsText(violations)}"type":${jsonText(type)}}`;

/** Places and keywords. What is wrong about a value is told without the value, and the message may quote what the schema says. */
function violationsText(violations: readonly Violation[]): string {
  if (violations.length === 0) return "";
  return `"violations":[${violations.map(violationText).join(",")}],`;
}

function violationText(violation: Violation): string {
  const { in: place, name, pointer, keyword, found, message } = violation;
  const property = propertyOf(violation);
  const named = name === undefined ? "" : `"name":${jsonText(shortened(name))},`;
  const about = property === undefined ? "" : `,"property":${jsonText(property)}`;
  const kind = found === undefined ? "" : `,"found":"${found}"`;
  // It has a place in the bytes only, which the sentence names; no sentence about a body that cannot be read has values.
  const reason = keyword === "syntax" ? `,"reason":${jsonText(bounded(message))}` : "";
  return `{"in":"${place}",${named}"pointer":${jsonText(bounded(pointer))},"keyword":${jsonText(keyword)}${about}${kind}${reason}}`;
}

/** Names of members come from the client, level by level. */
const bounded = (pointer: string): string => (pointer.length <= 200 ? pointer : `${pointer.slice(0, 200)}…`);
