import type { AttemptRecord, Exchange, Expression } from "../../../../runtime/exchange/exchange.ts";
import type { TraceExporter } from "../../../../runtime/exporters/exporter.ts";
import type { Operation } from "../../../../runtime/gateway/operation.ts";
import { clock } from "../../../../runtime/life/clock.ts";
import { createTracing, type KeepConfig, type TracingConfig } from "../../../../runtime/policies/tracing/index.ts";
import { attributesOf, type Span, type SpanValue } from "../../../../runtime/telemetry/span.ts";
import { type FakeRequest, fakeAnswer, fakeExchange } from "../../../harness/fake-exchange.ts";
import { received } from "./received.ts";

export const remoteTrace = "80f198ee56343ba864fe8b2a57d3eff7";
export const remoteSpan = "e457b5a2e4d86bd1";

/** An expression as the compiler emits it. */
export const expression = <T>(of: (x: Exchange) => T): Expression<T> => of as Expression<T>;

export type Changes = Partial<Omit<TracingConfig, "exporter" | "sampling" | "keep">> & {
  readonly sampling?: Partial<TracingConfig["sampling"]>;
  readonly keep?: Partial<KeepConfig>;
};

export function tracing({ sampling, keep, ...changes }: Changes = {}) {
  const spans: Span[] = [];
  const sink = { take: (span: Span) => void spans.push(span) };
  const policy = createTracing({
    at: "policies.yaml:2",
    // What the compiler knows it by is a matter of types.
    exporter: sink as unknown as TraceExporter,
    sampling: { share: 1, most: 0, always: null, never: null, ...sampling },
    trust: "fromTrustedProxies",
    reads: ["traceparent"],
    writes: ["traceparent"],
    tellsSampled: false,
    baggage: null,
    keep: keep === undefined ? null : { errors: true, slowerThan: null, when: null, most: 1_000, waiting: 10, ...keep },
    redact: ["sig"],
    ...changes,
  });
  return { policy, spans };
}

type Line = readonly [string, string];
export interface Told extends Omit<FakeRequest, "headers" | "operation"> {
  readonly lines?: readonly Line[];
  readonly operation?: Partial<Operation>;
}

export function requestWith({ lines = [], ...request }: Told = {}): Exchange {
  return Object.defineProperty(fakeExchange({ ...request, startedAt: clock.monotonic() }), "headers", {
    value: received(...lines),
  });
}

/** One request through the policy: what the service is told of its attempts, and what is exported. */
export function pass(
  { policy, spans }: ReturnType<typeof tracing>,
  request: Told = {},
  end: (x: Exchange) => void = answered(200),
) {
  const x = requestWith(request);
  const before = spans.length;
  policy.request(x);
  const attempt: AttemptRecord = { ...attemptWith({}) };
  const lines = x.trace!.attemptLines(attempt, "GET /orders HTTP/1.1\r\nHost: ", "orders");
  x.upstream = { ...upstream, attempts: [attempt] };
  end(x);
  if (x.answer !== undefined) policy.response(x);
  policy.done(x);
  return { x, lines, spans: spans.slice(before) };
}

export const upstream = { service: "orders", endpoint: "http://orders:8080", startedAt: 0, headAt: 0, endedAt: 0, error: "" };

export const attemptWith = (attempt: Partial<AttemptRecord>): AttemptRecord => ({
  endpoint: { url: "http://orders:8080/base" },
  startedAt: clock.monotonic(),
  headAt: clock.monotonic(),
  endedAt: clock.monotonic(),
  status: 200,
  error: "",
  hasArrived: true,
  ...attempt,
});

export const answered =
  (status: number, source = "service") =>
  (x: Exchange): void => {
    x.answer = fakeAnswer({ status, source });
    x.outcome = "complete";
  };

export const attributes = (span: Span | undefined): Readonly<Record<string, SpanValue>> => {
  const all = span === undefined ? [] : attributesOf(span);
  const found: Record<string, SpanValue> = {};
  for (let at = 0; at < all.length; at += 2) found[String(all[at])] = all[at + 1]!;
  return found;
};

export const flagOf = (lines: string): string => /^\r\ntraceparent: 00-[0-9a-f]{32}-[0-9a-f]{16}-(..)$/.exec(lines)?.[1] ?? lines;
