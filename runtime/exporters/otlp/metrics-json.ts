import type { Exemplar, HistogramSample, MetricFamily, MetricSample } from "../../gateway/metrics.ts";
import { labelPairs } from "../../metrics/label-pairs.ts";
import type { Encode } from "./config.ts";
import { cumulative, type MetricPush, otlpName } from "./metric-push.ts";
import { type OtlpSource, schemaUrl } from "./source.ts";
import { doubleJson, keyValueJson, nanosecondsJson, resourceJson } from "./source-json.ts";

/** `ExportMetricsServiceRequest` in OTLP/JSON. */
export function metricsJson(source: OtlpSource): Encode<MetricPush> {
  const resource = resourceJson(source);
  return (pushes) => {
    const scopeMetrics = [{ scope: source.scope, metrics: pushes.map(metricJson), schemaUrl }];
    return Buffer.from(JSON.stringify({ resourceMetrics: [{ resource, scopeMetrics, schemaUrl }] }));
  };
}

function metricJson(push: MetricPush): object {
  const { help, type, samples, bounds = [], histograms = [], isExponential = false } = push.family;
  const { name, unit } = otlpName(push.family);
  const numbers = samples.map((sample) => numberJson(sample, push));
  const data: Readonly<Record<MetricFamily["type"], () => object>> = {
    gauge: () => ({ gauge: { dataPoints: numbers } }),
    counter: () => ({ sum: { dataPoints: numbers, aggregationTemporality: cumulative, isMonotonic: true } }),
    histogram: () => ({
      [isExponential ? "exponentialHistogram" : "histogram"]: {
        dataPoints: histograms.flatMap((histogram) =>
          isExponential ? exponentialJson(histogram, push) : [histogramJson(histogram, bounds, push)],
        ),
        aggregationTemporality: cumulative,
      },
    }),
  };
  return { name, description: help, ...(unit === "" ? {} : { unit }), ...data[type]() };
}

const numberJson = ({ labels, value, exemplar }: MetricSample, { family, since, at }: MetricPush): object => ({
  ...(family.type === "gauge" ? {} : { startTimeUnixNano: nanosecondsJson(since) }),
  timeUnixNano: nanosecondsJson(at),
  asDouble: doubleJson(value),
  ...(exemplar === undefined ? {} : { exemplars: [exemplarJson(exemplar)] }),
  ...labelsJson(labels),
});

const histogramJson = (
  { labels, counts, sum, exemplars }: HistogramSample,
  bounds: readonly number[],
  { since, at }: MetricPush,
): object => ({
  startTimeUnixNano: nanosecondsJson(since),
  timeUnixNano: nanosecondsJson(at),
  count: String(counts.reduce((all, count) => all + count, 0)),
  sum: doubleJson(sum),
  bucketCounts: counts.map(String),
  explicitBounds: bounds,
  ...exemplarsJson(exemplars),
  ...labelsJson(labels),
});

function exponentialJson({ labels, counts, sum, native, exemplars }: HistogramSample, { since, at }: MetricPush): object[] {
  if (native === undefined) return [];
  return [
    {
      ...labelsJson(labels),
      startTimeUnixNano: nanosecondsJson(since),
      timeUnixNano: nanosecondsJson(at),
      count: String(counts.reduce((all, count) => all + count, 0)),
      sum: doubleJson(sum),
      scale: native.schema,
      zeroCount: String(native.zeroCount),
      positive: { offset: native.offset, bucketCounts: native.counts.map(String) },
      ...exemplarsJson(exemplars),
      zeroThreshold: doubleJson(native.zeroThreshold),
    },
  ];
}

const exemplarsJson = (exemplars: HistogramSample["exemplars"] = []): object =>
  exemplars.some((exemplar) => exemplar !== null)
    ? { exemplars: exemplars.flatMap((exemplar) => (exemplar === null ? [] : [exemplarJson(exemplar)])) }
    : {};

function exemplarJson({ labels, value, at }: Exemplar): object {
  const { span_id: spanId, trace_id: traceId, ...others } = Object.fromEntries(pairsOf(labels));
  const more = Object.entries(others).map(([key, text]) => keyValueJson(key, text));
  return {
    timeUnixNano: nanosecondsJson(at),
    asDouble: doubleJson(value),
    ...(spanId === undefined ? {} : { spanId }),
    ...(traceId === undefined ? {} : { traceId }),
    ...(more.length === 0 ? {} : { filteredAttributes: more }),
  };
}

const labelsJson = (labels: string): object =>
  labels === "" ? {} : { attributes: pairsOf(labels).map(([name, text]) => keyValueJson(name, text)) };

function pairsOf(labels: string): [string, string][] {
  const flat = labelPairs(labels);
  return flat.flatMap((name, index) => (index % 2 === 0 ? [[name, flat[index + 1]!] satisfies [string, string]] : []));
}
