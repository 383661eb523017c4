import { describe, expect, it } from "vitest";
import type { HistogramSample, MetricFamily } from "../../../runtime/gateway/metrics.ts";
import { expose } from "../../../runtime/metrics/exposition/expose.ts";
import { joined } from "../../../runtime/metrics/families-of.ts";
import { FamilySums } from "../../../runtime/metrics/family-sums.ts";
import { labelPairs } from "../../../runtime/metrics/label-pairs.ts";
import { pageLayout } from "../../../runtime/metrics/operations/operation-counts.ts";
import { messagesIn } from "../../harness/protobuf.ts";

const counter = (value: number, labels = 'a="1"'): MetricFamily => ({
  name: "requests_total",
  help: 'Requests\nserved "well"',
  type: "counter",
  samples: [{ labels, value }],
});

const exemplar = { labels: 'trace_id="4bf92f3577b34da6a3ce929d0e0e4736"', value: 0.4, at: 1_700_000_000_123 };

const duration = (
  histogram: Partial<HistogramSample> = {},
  bounds: readonly number[] = [0.00001, 0.5, 1, 1e10],
): MetricFamily => ({
  name: "duration_seconds",
  help: "Time",
  type: "histogram",
  samples: [],
  bounds,
  histograms: [
    { labels: 'a="1"', counts: [1, 2, 0, 0, 4], sum: 9.5, exemplars: [null, exemplar, null, null, null], ...histogram },
  ],
});

const plain = "text/plain; version=0.0.4; charset=utf-8";
const openMetrics = "application/openmetrics-text; version=1.0.0; charset=utf-8";
const protobuf = "application/vnd.google.protobuf; proto=io.prometheus.client.MetricFamily; encoding=delimited";

const textOf = (accept: string, ...families: MetricFamily[]): string => [...expose(accept, families).chunks].join("");
const bytesOf = (...families: MetricFamily[]): Buffer =>
  Buffer.concat([...expose(protobuf, families).chunks].map((chunk) => Buffer.from(chunk as Uint8Array)));

// telemetry row 26
describe("the format is the one that Accept likes best, and Content-Type names exactly it", () => {
  it.each([
    ["", plain],
    ["*/*", plain],
    ["text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", plain],
    ["text/plain", plain],
    ["application/json", plain],
    // Prometheus 2.42.
    [
      "application/openmetrics-text;version=1.0.0,application/openmetrics-text;version=0.0.1;q=0.75,text/plain;version=0.0.4;q=0.5,*/*;q=0.1",
      openMetrics,
    ],
    // Prometheus 2.42 with native histograms.
    [
      "application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=delimited,application/openmetrics-text;version=1.0.0;q=0.8,application/openmetrics-text;version=0.0.1;q=0.75,text/plain;version=0.0.4;q=0.5,*/*;q=0.1",
      protobuf,
    ],
    // Prometheus 3.
    [
      "application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.5,application/openmetrics-text;version=0.0.1;q=0.4,text/plain;version=1.0.0;escaping=allow-utf-8;q=0.3,text/plain;version=0.0.4;q=0.2,*/*;q=0.1",
      openMetrics,
    ],
    [
      "application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=delimited;q=0.6,application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.5,text/plain;version=0.0.4;q=0.3,*/*;q=0.2",
      protobuf,
    ],
    ["text/plain;version=1.0.0", plain],
    ["application/openmetrics-text;q=0.1, text/plain;q=0.2", plain],
    ["application/openmetrics-text;q=0, */*;q=0.1", plain],
    ["application/openmetrics-text;version=2.0.0", plain],
    ["APPLICATION/OpenMetrics-Text", openMetrics],
    ["application/vnd.google.protobuf;proto=other.Message;encoding=delimited", plain],
    ["application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=text", plain],
    ["application/openmetrics-text;q=nothing", plain],
    [",;,/;q=1,text/", plain],
    [`application/openmetrics-text${" ".repeat(4_000)}`, plain],
  ])("%s", (accept, mediaType) => {
    expect(expose(accept, []).mediaType).toBe(mediaType);
  });
});

describe("Prometheus text format 0.0.4", () => {
  it("has cumulative buckets and no exemplars", () => {
    expect(textOf("", counter(3), duration())).toBe(`# HELP requests_total Requests\\nserved "well"
# TYPE requests_total counter
requests_total{a="1"} 3
# HELP duration_seconds Time
# TYPE duration_seconds histogram
duration_seconds_bucket{a="1",le="0.00001"} 1
duration_seconds_bucket{a="1",le="0.5"} 3
duration_seconds_bucket{a="1",le="1"} 3
duration_seconds_bucket{a="1",le="10000000000"} 3
duration_seconds_bucket{a="1",le="+Inf"} 7
duration_seconds_sum{a="1"} 9.5
duration_seconds_count{a="1"} 7
`);
  });

  it("writes numbers without an end, and samples without labels", () => {
    expect(
      textOf("", { ...counter(0, ""), type: "gauge", samples: [{ labels: "", value: Number.NEGATIVE_INFINITY }] }),
    ).toContain("\nrequests_total -Inf\n");
  });
});

// telemetry rows 26 and 27
describe("OpenMetrics 1.0", () => {
  it("names the family without _total, tells the unit, writes canonical floats and exemplars, and ends in # EOF", () => {
    expect(textOf(openMetrics, counter(3), duration())).toBe(`# TYPE requests counter
# HELP requests Requests\\nserved \\"well\\"
requests_total{a="1"} 3
# TYPE duration_seconds histogram
# UNIT duration_seconds seconds
# HELP duration_seconds Time
duration_seconds_bucket{a="1",le="1.0e-05"} 1
duration_seconds_bucket{a="1",le="0.5"} 3 # {trace_id="4bf92f3577b34da6a3ce929d0e0e4736"} 0.4 1700000000.123
duration_seconds_bucket{a="1",le="1.0"} 3
duration_seconds_bucket{a="1",le="1.0e+10"} 3
duration_seconds_bucket{a="1",le="+Inf"} 7
duration_seconds_sum{a="1"} 9.5
duration_seconds_count{a="1"} 7
# EOF
`);
  });

  it("says the type once of a family that comes in parts", () => {
    const text = textOf(openMetrics, { ...counter(1), isPart: true }, { ...counter(2, 'a="2"'), isPart: true });
    expect(text.match(/# TYPE/g)).toHaveLength(1);
    expect(text).toContain('requests_total{a="1"} 1\nrequests_total{a="2"} 2\n');
  });
});

describe("protobuf", () => {
  it("has one message for each family behind its length, with classic and native buckets", () => {
    const native = { schema: 3, zeroThreshold: 2 ** -14, zeroCount: 1, offset: -8, counts: [1, 3, 0, 0, 2] };
    const [first, second] = messagesIn(
      bytesOf({ ...counter(1), isPart: true }, counter(300, 'a="x\\"y\\\\z\\n"'), duration({ native })),
    );
    expect([first!.texts(1), first!.numbers(3), second!.numbers(3)]).toEqual([["requests_total"], [0], [4]]);
    expect(first!.messages(4).map((metric) => [metric.messages(1)[0]!.texts(2), metric.messages(3)[0]!.doubles(1)])).toEqual([
      [["1"], [1]],
      [['x"y\\z\n'], [300]],
    ]);
    const histogram = second!.messages(4)[0]!.messages(7)[0]!;
    expect(histogram.numbers(1)).toEqual([7]);
    expect(histogram.doubles(2)).toEqual([9.5]);
    expect(histogram.messages(3).map((bucket) => [bucket.numbers(1)[0], bucket.doubles(2)[0]])).toEqual([
      [1, 0.00001],
      [3, 0.5],
      [3, 1],
      [3, 1e10],
      [7, Number.POSITIVE_INFINITY],
    ]);
    expect(histogram.signed(5)).toEqual([3]);
    expect(histogram.doubles(6)).toEqual([2 ** -14]);
    // Buckets -7, -6 and -3 of Prometheus, as those of OpenTelemetry count from the bound below.
    expect(histogram.messages(12).map((span) => [span.signed(1)[0], span.numbers(2)[0]])).toEqual([
      [-7, 2],
      [2, 1],
    ]);
    expect(histogram.packedSigned(13)).toEqual([1, 2, -1]);
  });
});

describe("sums of several workers", () => {
  const sumOf = (...families: MetricFamily[]): MetricFamily[] => {
    const sums = new FamilySums();
    sums.add(families);
    return [...sums.families()];
  };

  it("adds up equal samples and keeps the others", () => {
    expect(sumOf(counter(1), counter(2), counter(5, 'a="2"'))[0]!.samples).toEqual([
      { labels: 'a="1"', value: 3 },
      { labels: 'a="2"', value: 5 },
    ]);
  });

  it("moves what was counted in other buckets to where it certainly is, so that nothing falls", () => {
    const before = duration({ labels: "", counts: [1, 2, 4, 8] }, [0.1, 1, 10]);
    const after = duration({ labels: "", counts: [0, 0, 1, 0] }, [0.1, 5, 10]);
    expect(sumOf(before, after)[0]).toMatchObject({ bounds: [0.1, 5, 10], histograms: [{ counts: [1, 2, 5, 8], sum: 19 }] });
    // What only the old build has counted has the buckets of the new one too.
    const other = duration({ labels: "new", counts: [0, 0, 0, 0] }, [0.1, 5, 10]);
    expect(sumOf(before, other)[0]!.histograms![0]).toMatchObject({ labels: "", counts: [1, 2, 4, 8], sum: 9.5 });
  });

  it("adds up native buckets wherever they begin", () => {
    const native = (offset: number, ...counts: number[]) => ({ schema: 3, zeroThreshold: 1, zeroCount: 1, offset, counts });
    const sum = sumOf(
      duration({ native: native(-2, 1, 2) }),
      duration({ native: native(0, 4) }),
      duration({ native: native(0) }),
    );
    expect(sum[0]!.histograms![0]!.native).toEqual({ ...native(-2, 1, 2, 4), zeroCount: 3 });
  });

  it("keeps the latest exemplar of each bucket", () => {
    const later = { ...exemplar, at: exemplar.at + 1 };
    const sum = sumOf(duration({ exemplars: [null, later] }), duration({ exemplars: [exemplar, exemplar, null, null, null] }));
    expect(sum[0]!.histograms![0]!.exemplars).toEqual([exemplar, later, null, null, null]);
  });

  it("lets what operations counted pass as it comes, and tells each other family once", () => {
    const page = { layout: pageLayout, operations: [], policies: [], bounds: [], numbers: [], exemplars: [] };
    expect([...joined([counter(1), page, counter(2), page])]).toEqual([page, page, counter(3)]);
  });

  it("gives large families in parts", () => {
    const many = sumOf(...Array.from({ length: 450 }, (_, index) => counter(1, `a="${index}"`)));
    expect(many.map(({ samples, isPart }) => [samples.length, isPart])).toEqual([
      [200, true],
      [200, true],
      [50, true],
    ]);
  });
});

it("labels can be read back, whatever is in them", () => {
  expect(labelPairs('a="x\\"y\\\\n\\n",le="0.5",empty=""')).toEqual(["a", 'x"y\\n\n', "le", "0.5", "empty", ""]);
  expect(labelPairs("")).toEqual([]);
});
