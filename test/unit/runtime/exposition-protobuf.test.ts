import { expect, it } from "vitest";
import type { HistogramSample, MetricFamily } from "../../../runtime/gateway/metrics.ts";
import { expose } from "../../../runtime/metrics/exposition/expose.ts";
import { type DecodedHistogram, decodedFamilies } from "../../harness/prometheus/decode.ts";

const accept = "application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=delimited";
const decoded = (...families: MetricFamily[]) =>
  decodedFamilies(Buffer.concat([...expose(accept, families).chunks].map((chunk) => Buffer.from(chunk))));

const exemplar = {
  labels: 'trace_id="4bf92f3577b34da6a3ce929d0e0e4736",span_id="00f067aa0ba902b7"',
  value: 0.4,
  at: 1_700_000_000_123,
};
const decodedExemplar = {
  label: [
    { name: "trace_id", value: "4bf92f3577b34da6a3ce929d0e0e4736" },
    { name: "span_id", value: "00f067aa0ba902b7" },
  ],
  value: 0.4,
  timestamp: { seconds: 1_700_000_000, nanos: 123_000_000 },
};

const histogram = (sample: Partial<HistogramSample> = {}): MetricFamily => ({
  name: "duration_seconds",
  help: "Time",
  type: "histogram",
  samples: [],
  bounds: [0.1, 1],
  histograms: [{ labels: 'a="1"', counts: [3, 0, 400], sum: 1e6, ...sample }],
});

/** What Prometheus makes of spans and deltas: the buckets that are not empty, by index (prometheus.io/docs/specs/native_histograms). */
function bucketsOf({ positiveSpan = [], positiveDelta = [] }: DecodedHistogram): [number, number][] {
  const buckets: [number, number][] = [];
  const deltas = positiveDelta.values();
  let [index, count] = [0, 0];
  for (const { offset, length } of positiveSpan) {
    index += offset;
    for (let more = 0; more < length; more++) buckets.push([index++, (count += deltas.next().value!)]);
  }
  return buckets;
}

it("counters and gauges are what Prometheus' own definitions read from them", () => {
  const samples = [
    { labels: 'a="\\"x\\\\\\n",b="é"', value: 3 },
    { labels: "", value: 0, exemplar },
  ];
  const labels = [
    { name: "a", value: '"x\\\n' },
    { name: "b", value: "é" },
  ];
  expect(
    decoded(
      { name: "hits_total", help: 'Hits\n"é"', type: "counter", samples },
      { name: "open", help: "", type: "gauge", samples },
    ),
  ).toEqual([
    {
      name: "hits_total",
      help: 'Hits\n"é"',
      type: "COUNTER",
      metric: [{ label: labels, counter: { value: 3 } }, { counter: { value: 0, exemplar: decodedExemplar } }],
    },
    { name: "open", help: "", type: "GAUGE", metric: [{ label: labels, gauge: { value: 3 } }, { gauge: { value: 0 } }] },
  ]);
});

it("classic histograms are cumulative up to infinity", () => {
  const [family] = decoded(histogram({ exemplars: [null, exemplar, null] }));
  expect(family).toMatchObject({ name: "duration_seconds", type: "HISTOGRAM" });
  expect(family!.metric).toEqual([
    {
      label: [{ name: "a", value: "1" }],
      histogram: {
        sampleCount: 403,
        sampleSum: 1e6,
        bucket: [
          { cumulativeCount: 3, upperBound: 0.1 },
          { cumulativeCount: 3, upperBound: 1, exemplar: decodedExemplar },
          { cumulativeCount: 403, upperBound: Number.POSITIVE_INFINITY },
        ],
      },
    },
  ]);
});

it.each([
  ["one run", -3, [1, 2, 3]],
  ["holes and large numbers", -100, [1, 0, 0, 5_000_000_000, 2, 0, 1]],
  ["above one second", 40, [7, 0, 9]],
])("native histograms have each observation in its bucket: %s", (_, offset, counts) => {
  const native = { schema: 3, zeroThreshold: 2 ** -14, zeroCount: 5, offset, counts };
  const [family] = decoded(histogram({ native, exemplars: [exemplar, null, null] }));
  const found = family!.metric[0]!.histogram!;
  expect(found).toMatchObject({ schema: 3, zeroThreshold: 2 ** -14, zeroCount: 5, exemplars: [decodedExemplar] });
  // Bucket n of Prometheus ends at 2^(n/8), and n of OpenTelemetry, as the gateway counts, at 2^((n+1)/8).
  const expected = counts.flatMap((count, index) => (count === 0 ? [] : [[offset + index + 1, count]]));
  expect(bucketsOf(found)).toEqual(expected);
});

it("a native histogram that nothing was observed in is one all the same", () => {
  const native = { schema: 3, zeroThreshold: 2 ** -14, zeroCount: 0, offset: 0, counts: [] };
  const [family] = decoded(histogram({ counts: [0, 0, 0], sum: 0, native }));
  expect(family!.metric[0]!.histogram).toMatchObject({ schema: 3, sampleCount: 0, positiveSpan: [{ length: 0 }] });
});

it("a family in parts is one message", () => {
  const part = { ...histogram(), isPart: true } as const;
  expect(decoded(part, part, part).map(({ metric }) => metric.length)).toEqual([3]);
});
