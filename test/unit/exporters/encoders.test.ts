import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { ByteBuffer } from "../../../runtime/exporters/byte-buffer.ts";
import { EncodedQueue, type Encoding } from "../../../runtime/exporters/encoded-queue.ts";
import { type MetricPush, otlpName, pointsOf } from "../../../runtime/exporters/otlp/metric-push.ts";
import { metricsJson } from "../../../runtime/exporters/otlp/metrics-json.ts";
import { metricsProtobuf } from "../../../runtime/exporters/otlp/metrics-protobuf.ts";
import { tracesJson } from "../../../runtime/exporters/otlp/traces-json.ts";
import { tracesProtobuf } from "../../../runtime/exporters/otlp/traces-protobuf.ts";
import type { MetricFamily } from "../../../runtime/gateway/metrics.ts";
import { label } from "../../../runtime/metrics/label.ts";
import type { Span, SpanAttributes } from "../../../runtime/telemetry/span.ts";
import { decodedOtlp } from "../../harness/otlp-messages.ts";

const source = {
  attributes: [
    { key: "service.name", value: "shop" },
    { key: "größe", value: "x".repeat(300) },
  ],
  scope: { name: "gatewright", version: "1.2.3" },
};
const traces = { protobuf: batchOf(tracesProtobuf(source)), json: batchOf(tracesJson(source)) };
const metrics = { protobuf: metricsProtobuf(source), json: metricsJson(source) };

/** What a queue makes of spans that came one by one. */
function batchOf<Into extends ByteBuffer>(encoding: Encoding<Span, Into>) {
  return (spans: readonly Span[]): Uint8Array => {
    const queue = new EncodedQueue({ items: 100, bytes: 1e9, full: "dropNewest" }, 100, encoding, () => {});
    for (const span of spans) queue.add(span, 0);
    return queue.cut(100)!.batch;
  };
}

const parsed = (bytes: Uint8Array): unknown => JSON.parse(Buffer.from(bytes).toString("utf8"));

const span: Span = {
  traceId: "0af7651916cd43dd8448eb211c80319c",
  spanId: "b7ad6b7169203331",
  parentSpanId: "",
  traceState: "",
  flags: 1,
  name: "GET /orders/{id}",
  kind: 2,
  start: 1_796_000_000_123.25,
  end: 1_796_000_000_130.999_756,
  attributes: [],
  events: [],
  links: [],
  status: 0,
  statusMessage: "",
};

test("telemetry row 19: ids are lower-case digits, enums numbers, times texts, and a span without a parent has no parentSpanId", () => {
  const { resourceSpans } = parsed(traces.json([span])) as { resourceSpans: { scopeSpans: { spans: unknown[] }[] }[] };
  expect(resourceSpans[0]!.scopeSpans[0]!.spans).toEqual([
    {
      traceId: "0af7651916cd43dd8448eb211c80319c",
      spanId: "b7ad6b7169203331",
      flags: 1,
      name: "GET /orders/{id}",
      kind: 2,
      startTimeUnixNano: "1796000000123250000",
      // A double keeps a quarter of a microsecond.
      endTimeUnixNano: "1796000000130999756",
    },
  ]);
});

test("every attribute and resource names the version of the conventions that it follows", () => {
  const schemaUrl = "https://opentelemetry.io/schemas/1.45.0";
  expect(parsed(traces.json([span]))).toMatchObject({ resourceSpans: [{ schemaUrl, scopeSpans: [{ schemaUrl }] }] });
  expect(decodedOtlp("metrics", metrics.protobuf([]))).toMatchObject({
    resourceMetrics: [{ schemaUrl, scopeMetrics: [{ schemaUrl, scope: source.scope }] }],
  });
});

const text = fc.oneof(fc.string({ unit: "binary", maxLength: 200 }), fc.string({ minLength: 100, maxLength: 400 }));
const hex = (length: number): fc.Arbitrary<string> =>
  fc.array(fc.constantFrom(..."0123456789abcdef"), { minLength: length, maxLength: length }).map((digits) => digits.join(""));
/** Milliseconds since the epoch, up to the year 2106. */
const time = fc.double({ min: 1, max: 2 ** 32 * 1000, noNaN: true, noDefaultInfinity: true });
const value = fc.oneof(
  text,
  fc.boolean(),
  fc.maxSafeInteger(),
  fc.double({ noNaN: true, noDefaultInfinity: true }).map((number) => (Object.is(number, -0) ? 0 : number)),
  fc.array(text, { minLength: 1, maxLength: 5 }),
);
const attributes: fc.Arbitrary<SpanAttributes> = fc.array(fc.tuple(text, value), { maxLength: 12 }).map((pairs) => pairs.flat(1));
/** With and without, and values of some of its keys. */
const shaped = fc.oneof(
  fc.constant({}),
  fc
    .record({ attributes, own: fc.array(fc.tuple(text, fc.oneof(fc.constant(undefined), value)), { maxLength: 8 }) })
    .map((one) => ({ attributes: one.attributes, keys: one.own.map(([key]) => key), values: one.own.map(([, own]) => own) })),
);
const plainSpan: fc.Arbitrary<Span> = fc.record({
  traceId: hex(32),
  spanId: hex(16),
  parentSpanId: fc.oneof(fc.constant(""), hex(16)),
  traceState: text,
  flags: fc.constantFrom(0, 1, 3, 0x301),
  name: text,
  kind: fc.constantFrom(1, 2, 3),
  start: time,
  end: time,
  attributes,
  events: fc.array(fc.record({ name: text, time, attributes }), { maxLength: 2 }),
  links: fc.array(fc.record({ traceId: hex(32), spanId: hex(16), traceState: text, attributes }), { maxLength: 2 }),
  status: fc.constantFrom(0, 1, 2),
  statusMessage: text,
});
const anySpan: fc.Arbitrary<Span> = fc.tuple(plainSpan, shaped).map(([one, shape]) =>
  "keys" in shape
    ? {
        ...one,
        shape: { name: one.name, kind: one.kind, attributes: shape.attributes, keys: shape.keys },
        values: shape.values,
      }
    : one,
);

/** JSON has no lone surrogates in UTF-8, and Protocol Buffers no others either. */
const whole = <Value>(one: Value): Value => JSON.parse(JSON.stringify(one).replaceAll(/\\ud[89a-f][0-9a-f]{2}/gi, "?")) as Value;

/** JSON has no value that is undefined. */
const withGaps = (span: Span): Span =>
  span.values === undefined ? span : { ...span, values: span.values.map((value) => value ?? undefined) };

describe("JSON and Protocol Buffers say the same, field by field, by OpenTelemetry's definitions", () => {
  test("of spans", () => {
    fc.assert(
      fc.property(fc.array(anySpan.map(whole).map(withGaps), { minLength: 1, maxLength: 3 }), (spans) => {
        expect(decodedOtlp("traces", traces.protobuf(spans))).toEqual(parsed(traces.json(spans)));
      }),
      { numRuns: 60 },
    );
  });

  const labels = fc
    .array(fc.tuple(fc.constantFrom("method", "operation", "le_"), text), { maxLength: 3 })
    .map((pairs) => pairs.map(([name, content]) => label(name, content)).join(","));
  const number = fc.double({ noNaN: true, noDefaultInfinity: true, min: 0 });
  const exemplar = fc.record({
    labels: fc.constantFrom("", `trace_id="${span.traceId}",span_id="${span.spanId}"`, `who="me"`),
    value: number,
    at: time,
  });
  const samples = fc.array(fc.record({ labels, value: number, exemplar }), { minLength: 1, maxLength: 4 });
  const count = fc.nat({ max: 2 ** 40 });
  const histogram = fc.record({
    labels,
    counts: fc.tuple(count, count, count),
    sum: number,
    exemplars: fc.array(fc.oneof(exemplar, fc.constant(null)), { maxLength: 3 }),
  });
  // Opentelemetry-proto: bucket n is for what is above base^n and at most base^(n + 1), with base 2^(2^-scale).
  const native = fc.record({
    schema: fc.integer({ min: -4, max: 8 }),
    zeroThreshold: fc.constantFrom(0, 2 ** -14),
    zeroCount: count,
    offset: fc.integer({ min: -2_000, max: 2_000 }),
    counts: fc.array(fc.oneof(fc.constant(0), count), { minLength: 1, maxLength: 5 }),
  });
  const exponential = fc.tuple(histogram, native).map(([one, buckets]) => ({ ...one, native: buckets }));
  const family: fc.Arbitrary<MetricFamily> = fc.oneof(
    fc.record({
      name: fc.constant("gatewright_request_duration_seconds"),
      help: text,
      type: fc.constant("histogram" as const),
      samples: fc.constant([]),
      bounds: fc.constant([0.005, 10]),
      histograms: fc.array(exponential, { minLength: 1, maxLength: 3 }),
      isExponential: fc.constant(true as const),
    }),
    fc.record({ name: fc.constant("gatewright_requests_total"), help: text, type: fc.constant("counter" as const), samples }),
    fc.record({ name: fc.constant("gatewright_queue_bytes"), help: text, type: fc.constant("gauge" as const), samples }),
    fc.record({
      name: fc.constant("gatewright_request_duration_seconds"),
      help: text,
      type: fc.constant("histogram" as const),
      samples: fc.constant([]),
      bounds: fc.constant([0.005, 10]),
      histograms: fc.array(histogram, { minLength: 1, maxLength: 3 }),
    }),
  );
  const push: fc.Arbitrary<MetricPush> = fc.record({ family, since: time, at: time });

  test("of metrics", () => {
    fc.assert(
      fc.property(fc.array(push.map(whole), { minLength: 1, maxLength: 3 }), (pushes) => {
        expect(decodedOtlp("metrics", metrics.protobuf(pushes))).toEqual(parsed(metrics.json(pushes)));
      }),
      { numRuns: 60 },
    );
  });
});

test("exponential histograms are what OpenTelemetry's own definitions have, and those without their buckets are left out", () => {
  const native = { schema: 3, zeroThreshold: 2 ** -14, zeroCount: 1, offset: -9, counts: [2, 0, 300] };
  const sample = { labels: 'operation="a"', counts: [3, 300], sum: 12.5 };
  const family: MetricFamily = {
    name: "gatewright_request_duration_seconds",
    help: "Time",
    type: "histogram",
    samples: [],
    bounds: [1],
    histograms: [{ ...sample, native }, sample],
    isExponential: true,
  };
  expect(pointsOf({ family, since: 0, at: 0 })).toBe(1);
  expect(decodedOtlp("metrics", metrics.protobuf([{ family, since: 1_000, at: 2_000 }]))).toMatchObject({
    resourceMetrics: [
      {
        scopeMetrics: [
          {
            metrics: [
              {
                name: "gatewright_request_duration",
                unit: "s",
                exponentialHistogram: {
                  aggregationTemporality: 2,
                  dataPoints: [
                    {
                      attributes: [{ key: "operation", value: { stringValue: "a" } }],
                      startTimeUnixNano: "1000000000",
                      timeUnixNano: "2000000000",
                      count: "303",
                      sum: 12.5,
                      scale: 3,
                      zeroCount: "1",
                      positive: { offset: -9, bucketCounts: ["2", "0", "300"] },
                      zeroThreshold: 2 ** -14,
                    },
                  ],
                },
              },
            ],
          },
        ],
      },
    ],
  });
});

test.each([
  [0, "0000000"],
  [0.000_001, "0000001"],
  [1_796_000_000_000, "1796000000000000000"],
  [4_294_967_295_999.75, "4294967295999750000"],
  [4_294_967_296_000, "4294967296000000000"],
  [123.999_999_9, "124000000"],
])("%d milliseconds are %s nanoseconds, in both encodings", (milliseconds, expected) => {
  const spans = [{ ...span, start: milliseconds }];
  const nanoseconds = BigInt(expected).toString();
  const timesOf = (request: unknown): unknown =>
    (request as { resourceSpans: { scopeSpans: { spans: { startTimeUnixNano: string }[] }[] }[] }).resourceSpans[0]!
      .scopeSpans[0]!.spans[0]!.startTimeUnixNano;
  expect(timesOf(decodedOtlp("traces", traces.protobuf(spans)))).toBe(nanoseconds);
  expect(BigInt(timesOf(parsed(traces.json(spans))) as string).toString()).toBe(nanoseconds);
});

/**
 * How Prometheus and the Collector make names of OTLP metrics (OpenTelemetry's “Prometheus and OpenMetrics Compatibility”, and
 * prometheus/otlptranslator): the unit in full words behind the name unless it is in it, and `_total` behind monotonic sums.
 */
function translated({
  name,
  unit,
  isMonotonic,
}: {
  readonly name: string;
  readonly unit: string;
  readonly isMonotonic: boolean;
}): string {
  const word = { s: "seconds", By: "bytes", "": "" }[unit]!;
  const tokens = name.split("_").filter((token) => token !== "");
  if (word !== "" && !tokens.includes(word)) tokens.push(word);
  return (isMonotonic ? [...tokens.filter((token) => token !== "total"), "total"] : tokens).join("_");
}

test.each([
  ["gatewright_requests_total", "counter", "gatewright_requests"],
  ["gatewright_request_duration_seconds", "histogram", "gatewright_request_duration"],
  ["process_cpu_seconds_total", "counter", "process_cpu"],
  ["nodejs_heap_size_total_bytes", "gauge", "nodejs_heap_size_total"],
  ["gatewright_export_last_success_timestamp_seconds", "gauge", "gatewright_export_last_success_timestamp"],
  ["gatewright_build_info", "gauge", "gatewright_build_info"],
  ["process_open_fds", "gauge", "process_open_fds"],
] as const)("telemetry row 28: %s comes back from OTLP under the same name", (name, type, expected) => {
  const otlp = otlpName({ name, type, help: "", samples: [] });
  expect(otlp.name).toBe(expected);
  expect(translated({ ...otlp, isMonotonic: type === "counter" })).toBe(name);
});
