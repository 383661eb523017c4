import type { Exemplar, HistogramSample, MetricFamily, MetricSample } from "../../gateway/metrics.ts";
import { labelPairs } from "../../metrics/label-pairs.ts";
import type { Encode } from "./config.ts";
import { cumulative, type MetricPush, otlpName } from "./metric-push.ts";
import { ProtobufWriter } from "./protobuf-writer.ts";
import { type OtlpSource, schemaUrl } from "./source.ts";
import { writeKeyValue, writeResource, writeScope } from "./source-protobuf.ts";

/** `ExportMetricsServiceRequest` of opentelemetry-proto 1.x; numbers of fields as in its files. */
export function metricsProtobuf(source: OtlpSource): Encode<MetricPush> {
  const writer = new ProtobufWriter();
  return (pushes) => {
    // resource_metrics
    const resourceMetrics = writer.open(1, 2);
    writeResource(source, writer);
    // scope_metrics
    const scopeMetrics = writer.open(2, 2);
    writeScope(source, writer);
    for (const push of pushes) writeMetric(push, writer);
    writer.text(3, schemaUrl);
    writer.close(scopeMetrics, 2);
    writer.text(3, schemaUrl);
    writer.close(resourceMetrics, 2);
    return writer.finish();
  };
}

/** Fields of `Metric.data`. */
const dataFields: Readonly<Record<MetricFamily["type"], number>> = { gauge: 5, counter: 7, histogram: 9 };
const exponentialField = 10;

function writeMetric(push: MetricPush, writer: ProtobufWriter): void {
  const { help, type, samples, bounds = [], histograms = [], isExponential = false } = push.family;
  const { name, unit } = otlpName(push.family);
  const metric = writer.open(2, 2);
  writer.text(1, name);
  writer.text(2, help);
  if (unit !== "") writer.text(3, unit);
  const data = writer.open(isExponential ? exponentialField : dataFields[type], 2);
  for (const sample of samples) writeNumber(sample, push, writer);
  for (const histogram of histograms) {
    if (isExponential) writeExponential(histogram, push, writer);
    else writeHistogram(histogram, bounds, push, writer);
  }
  if (type !== "gauge") writer.uint(2, cumulative);
  if (type === "counter") writer.bool(3, true);
  writer.close(data, 2);
  writer.close(metric, 2);
}

/** `NumberDataPoint`. What a gauge says did not begin anywhere. */
function writeNumber({ labels, value, exemplar }: MetricSample, { family, since, at }: MetricPush, writer: ProtobufWriter): void {
  const point = writer.open(1, 1);
  if (family.type !== "gauge") writer.nanoseconds(2, since);
  writer.nanoseconds(3, at);
  writer.double(4, value);
  if (exemplar !== undefined) writeExemplar(5, exemplar, writer);
  writeLabels(7, labels, writer);
  writer.close(point, 1);
}

/** `HistogramDataPoint`. */
function writeHistogram(
  { labels, counts, sum, exemplars = [] }: HistogramSample,
  bounds: readonly number[],
  { since, at }: MetricPush,
  writer: ProtobufWriter,
): void {
  const point = writer.open(1, 2);
  writer.nanoseconds(2, since);
  writer.nanoseconds(3, at);
  writer.fixed64(
    4,
    counts.reduce((all, count) => all + count, 0),
  );
  writer.double(5, sum);
  writer.packed(6, counts, "fixed64");
  writer.packed(7, bounds, "double");
  for (const exemplar of exemplars) if (exemplar !== null) writeExemplar(8, exemplar, writer);
  writeLabels(9, labels, writer);
  writer.close(point, 2);
}

/** `sint32`. */
const zigzag = (value: number): number => (value < 0 ? -2 * value - 1 : 2 * value);

/** `ExponentialHistogramDataPoint`. */
function writeExponential(
  { labels, counts, sum, native, exemplars = [] }: HistogramSample,
  push: MetricPush,
  writer: ProtobufWriter,
): void {
  if (native === undefined) return;
  const point = writer.open(1, 2);
  writeLabels(1, labels, writer);
  writer.nanoseconds(2, push.since);
  writer.nanoseconds(3, push.at);
  writer.fixed64(
    4,
    counts.reduce((all, count) => all + count, 0),
  );
  writer.double(5, sum);
  writer.uint(6, zigzag(native.schema));
  writer.fixed64(7, native.zeroCount);
  const positive = writer.open(8, 2);
  writer.uint(1, zigzag(native.offset));
  writer.packed(2, native.counts, "varint");
  writer.close(positive, 2);
  for (const exemplar of exemplars) if (exemplar !== null) writeExemplar(11, exemplar, writer);
  writer.double(14, native.zeroThreshold);
  writer.close(point, 2);
}

/** `Exemplar`: trace and span have fields of their own. */
function writeExemplar(field: number, { labels, value, at }: Exemplar, writer: ProtobufWriter): void {
  const start = writer.open(field, 1);
  writer.nanoseconds(2, at);
  writer.double(3, value);
  const pairs = labelPairs(labels);
  for (let index = 0; index < pairs.length; index += 2) {
    const [name, text] = [pairs[index]!, pairs[index + 1]!];
    if (name === "span_id") writer.hex(4, text);
    else if (name === "trace_id") writer.hex(5, text);
    else writeKeyValue(7, name, text, writer);
  }
  writer.close(start, 1);
}

function writeLabels(field: number, labels: string, writer: ProtobufWriter): void {
  if (labels === "") return;
  const pairs = labelPairs(labels);
  for (let index = 0; index < pairs.length; index += 2) writeKeyValue(field, pairs[index]!, pairs[index + 1]!, writer);
}
