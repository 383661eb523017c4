import { expect } from "vitest";
import type { Received } from "./http-client.ts";
import type { AnswerExpectation, FieldExpectation, MetricExpectation, RequestExpectation } from "./http-file.ts";
import type { SeenRequest } from "./recording-upstream.ts";

export function expectAnswer(received: Received, expected: AnswerExpectation | "broken"): void {
  expect(received.isBroken, "the connection broke before the answer was complete").toBe(expected === "broken");
  if (expected === "broken") return;
  expect(received.status, `status; body: ${received.body}`).toBe(expected.status);
  expectFields(received.headers, expected.fields);
  expectBody(received.body, expected.body);
}

/** Octet by octet, with `*` for any text in a line. */
export function expectOctets(received: string, expected: string): void {
  const pattern = expected
    .trimEnd()
    .split("*")
    .map((part) => part.replaceAll(/[.+?^${}()|[\]\\]/g, "\\$&"))
    .join("[^\r\n]*");
  if (!new RegExp(`^${pattern}$`).test(received.trimEnd())) expect(received.trimEnd()).toBe(expected.trimEnd());
}

export function expectSeen(seen: readonly SeenRequest[], expected: RequestExpectation | "nothing"): void {
  if (expected === "nothing") {
    expect(seen, "the service must not have been called").toEqual([]);
    return;
  }
  expect(seen.length, "calls of the service").toBe(1);
  const [request] = seen as [SeenRequest];
  if (expected.upstream !== undefined) expect(request.upstream, "the service that was called").toBe(expected.upstream);
  expect(`${request.method} ${request.target}`).toBe(`${expected.method} ${expected.target}`);
  expectFields(request.headers, expected.fields);
  expectBody(request.body, expected.body);
}

/** A line of JSON, with `"*"` for any value; no member may be missing or too many. */
export function expectLogLine(line: string, expected: unknown): void {
  expect(JSON.parse(line), line).toEqual(withWildcards(expected));
}

/** Whether the text of `/metrics` has the lines; `undefined` where it does. */
export function metricsMismatch(text: string, expected: readonly MetricExpectation[]): string | undefined {
  const lines = text.split("\n");
  for (const { line, isAbsent } of expected) {
    const pattern = new RegExp(
      `^${line
        .split("*")
        .map((part) => part.replaceAll(/[.+?^${}()|[\]\\]/g, "\\$&"))
        .join(".*")}${isAbsent ? "" : "$"}`,
    );
    if (lines.some((one) => pattern.test(one)) === isAbsent)
      return `${isAbsent ? "must be absent" : "is missing"}: ${line}\n\n${text}`;
  }
  return undefined;
}

/** In what a gateway calls itself, the build, which changes with everything else in a sample. */
const buildInVia = /(?<=gatewright \([a-z][a-z0-9-]* )[0-9a-f]{12}(?=\))/g;

/** Several lines of one field are compared as one list value. */
function expectFields(headers: readonly (readonly [string, string])[], expected: readonly FieldExpectation[]): void {
  for (const { name, value } of expected) {
    const values = headers.filter(([field]) => field.toLowerCase() === name.toLowerCase()).map(([, text]) => text);
    if (value === undefined) expect(values, `${name} must be absent`).toEqual([]);
    else if (value === "*") expect(values.length, `${name} must be there`).toBeGreaterThan(0);
    else expect(values.join(", ").replaceAll(buildInVia, "{build}"), name).toBe(value);
  }
}

function expectBody(actual: string, expected: string | undefined): void {
  if (expected === undefined) return;
  const wanted = json(expected);
  if (wanted === undefined) expect(actual).toBe(expected);
  else expect(json(actual)?.value, actual).toEqual(withWildcards(wanted.value));
}

function json(text: string): { value: unknown } | undefined {
  try {
    return { value: JSON.parse(text) };
  } catch {
    return undefined;
  }
}

/** `"*"` in an expected JSON body stands for any value. */
function withWildcards(value: unknown): unknown {
  if (value === "*") return expect.anything();
  if (Array.isArray(value)) return value.map(withWildcards);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, withWildcards(inner)]));
}
