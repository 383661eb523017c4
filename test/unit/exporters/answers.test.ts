import { describe, expect, test } from "vitest";
import { CallFailure, type FailureKind } from "../../../runtime/calls/failure.ts";
import { outcomeOf, outcomeOfFailure } from "../../../runtime/exporters/otlp/answer.ts";
import { partialSuccess } from "../../../runtime/exporters/otlp/partial-success.ts";
import { otlpDefinitions } from "../../harness/otlp-messages.ts";
import { TurnedClock } from "../../harness/turned-clock.ts";

const answered = (status: number, headers: Readonly<Record<string, string>> = {}, body: Uint8Array = Buffer.alloc(0)) =>
  outcomeOf({ url: new URL("http://collector:4318/v1/traces"), status, headers, body: Buffer.from(body) });

describe("telemetry row 21: an answer of the collector (OTLP, “OTLP/HTTP Response”)", () => {
  test.each([
    ["taken", [200, 202]],
    ["later", [429, 502, 503, 504]],
    ["tooLarge", [413]],
    ["refused", [301, 400, 401, 403, 404, 405, 408, 415, 500, 501, 505]],
  ] as const)("means %s: %j", (kind, statuses) => {
    expect(statuses.map((status) => answered(status).kind)).toEqual(statuses.map(() => kind));
  });

  test("`Retry-After` is a number of seconds or a date", () => {
    // Which stands at the beginning of December.
    new TurnedClock();
    expect(answered(503, { "retry-after": "30" })).toMatchObject({ kind: "later", pauseMs: 30_000 });
    expect(answered(429, { "retry-after": "Tue, 01 Dec 2026 00:01:30 GMT" })).toMatchObject({ kind: "later", pauseMs: 90_000 });
    expect(answered(503, { "retry-after": "soon" })).not.toHaveProperty("pauseMs");
  });

  test("says what to look at", () => {
    expect(answered(404)).toEqual({
      kind: "refused",
      why: "http://collector:4318/v1/traces answered with 404. Look at the path of the URL",
    });
  });
});

test.each([
  ["later", ["name", "connect", "connectTimeout", "proxy", "tls", "headTimeout", "wholeTimeout", "broken"]],
  ["refused", ["url", "forbidden", "protocol", "tooLarge", "redirect"]],
] as const)("telemetry row 22: no answer means %s after %j", (kind, kinds: readonly FailureKind[]) => {
  expect(kinds.map((failure) => outcomeOfFailure(new CallFailure(failure, "why")).kind)).toEqual(kinds.map(() => kind));
});

describe("telemetry row 20: a partial success", () => {
  const { trace, metrics } = otlpDefinitions;
  const json = (value: unknown): Uint8Array => Buffer.from(JSON.stringify(value));

  test("of Protocol Buffers is read as OpenTelemetry's definitions say it", () => {
    const spans = trace.v1.ExportTraceServiceResponse.encode({ partialSuccess: { rejectedSpans: 300, errorMessage: "zu spät" } });
    const points = metrics.v1.ExportMetricsServiceResponse.encode({ partialSuccess: { rejectedDataPoints: 2 ** 33 } });
    const type = "application/x-protobuf";
    expect(partialSuccess(spans.finish(), type)).toEqual({ rejected: 300, message: "zu spät" });
    expect(partialSuccess(points.finish(), type)).toEqual({ rejected: 2 ** 33, message: "" });
    expect(partialSuccess(Buffer.alloc(0), type)).toEqual({ rejected: 0, message: "" });
  });

  test("of JSON has its number as a text, or as a number", () => {
    const type = "application/json; charset=utf-8";
    expect(partialSuccess(json({ partialSuccess: { rejectedSpans: "5", errorMessage: "late" } }), type)).toEqual({
      rejected: 5,
      message: "late",
    });
    expect(partialSuccess(json({ partialSuccess: { rejectedDataPoints: 7 } }), type).rejected).toBe(7);
    expect(partialSuccess(json({}), type)).toEqual({ rejected: 0, message: "" });
  });

  test.each([
    ["no JSON", "application/json", Buffer.from("{")],
    ["JSON that is no object", "application/json", Buffer.from("null")],
    ["a negative number", "application/json", json({ partialSuccess: { rejectedSpans: "-5" } })],
    ["no number", "application/json", json({ partialSuccess: { rejectedSpans: {} } })],
    ["a message that ends too early", "application/x-protobuf", Buffer.from([10, 200, 1, 8])],
    ["a number without an end", "application/x-protobuf", Buffer.alloc(40, 255)],
    ["a kind of field that there is not", "application/x-protobuf", Buffer.from([15])],
    ["a page of HTML", "text/html", Buffer.from("<html>hello</html>")],
  ])("that is %s says nothing: the status already said that the batch was taken", (_, type, body) => {
    expect(partialSuccess(body, type)).toEqual({ rejected: 0, message: "" });
  });

  test("tells a warning where nothing was refused, of bounded length", () => {
    const { rejected, message } = partialSuccess(
      json({ partialSuccess: { errorMessage: "x".repeat(10_000) } }),
      "application/json",
    );
    expect([rejected, message.length]).toEqual([0, 500]);
  });
});
