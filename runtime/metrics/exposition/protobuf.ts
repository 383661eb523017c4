import type { Exemplar, HistogramSample, MetricFamily, NativeHistogram } from "../../gateway/metrics.ts";
import { labelPairs } from "../label-pairs.ts";
import type { Format } from "./format.ts";
import { ProtobufWriter } from "./protobuf-writer.ts";

/** `MetricType` of io.prometheus.client. */
const types = { counter: 0, gauge: 1, histogram: 4 } as const;

/** Messages of `io.prometheus.client.MetricFamily`, each behind its length: the only format in which Prometheus takes native histograms. */
export const protobuf: Format = {
  mediaType: "application/vnd.google.protobuf; proto=io.prometheus.client.MetricFamily; encoding=delimited",
  isNative: true,
  isDelimited: true,
  head(family, length) {
    const writer = new ProtobufWriter(256);
    writeHead(writer, family);
    const fields = writer.take();
    writer.varint(fields.length + length);
    return Buffer.concat([writer.take(), fields]);
  },
  samples(family) {
    const writer = new ProtobufWriter();
    writeSamples(writer, family);
    return writer.take();
  },
  end: "",
};

function writeHead(writer: ProtobufWriter, { name, help, type }: MetricFamily): void {
  writer.text(1, name);
  writer.text(2, help);
  writer.unsigned(3, types[type]);
}

function writeSamples(writer: ProtobufWriter, { type, samples, bounds = [], histograms = [] }: MetricFamily): void {
  const metric = (labels: string, value: () => void): void =>
    writer.message(4, () => {
      writeLabels(writer, labels);
      value();
    });
  for (const { labels, value, exemplar } of samples)
    metric(labels, () =>
      writer.message(type === "counter" ? 3 : 2, () => {
        writer.double(1, value);
        if (type === "counter") writeExemplar(writer, 2, exemplar);
      }),
    );
  for (const sample of histograms) metric(sample.labels, () => writer.message(7, () => writeHistogram(writer, sample, bounds)));
}

function writeLabels(writer: ProtobufWriter, labels: string): void {
  const pairs = labelPairs(labels);
  for (let index = 0; index < pairs.length; index += 2)
    writer.message(1, () => {
      writer.text(1, pairs[index]!);
      writer.text(2, pairs[index + 1]!);
    });
}

function writeHistogram(
  writer: ProtobufWriter,
  { counts, sum, native, exemplars }: HistogramSample,
  bounds: readonly number[],
): void {
  const count = counts.reduce((total, inBucket) => total + inBucket, 0);
  writer.unsigned(1, count);
  writer.double(2, sum);
  let below = 0;
  counts.forEach((inBucket, index) => {
    below += inBucket;
    writer.message(3, () => {
      writer.unsigned(1, below);
      writer.double(2, bounds[index] ?? Number.POSITIVE_INFINITY);
      writeExemplar(writer, 3, exemplars?.[index]);
    });
  });
  if (native !== undefined) writeNative(writer, native, exemplars);
}

function writeNative(
  writer: ProtobufWriter,
  { schema, zeroThreshold, zeroCount, offset, counts }: NativeHistogram,
  exemplars: readonly (Exemplar | null)[] = [],
): void {
  writer.signed(5, schema);
  writer.double(6, zeroThreshold);
  writer.unsigned(7, zeroCount);
  const { spans, deltas } = spansOf(counts, offset + 1);
  for (const [distance, length] of spans)
    writer.message(12, () => {
      writer.signed(1, distance);
      writer.unsigned(2, length);
    });
  // A span without buckets says that the histogram is a native one, which nothing was observed in.
  if (spans.length === 0) writer.message(12, () => writer.unsigned(2, 0));
  else writer.signedList(13, deltas);
  for (const exemplar of exemplars) writeExemplar(writer, 16, exemplar);
}

/** Runs of buckets that are not empty, each with its distance from the one before, and how much each bucket differs. */
function spansOf(counts: readonly number[], first: number): { readonly spans: [number, number][]; readonly deltas: number[] } {
  const spans: [number, number][] = [];
  const deltas: number[] = [];
  let end = 0;
  let last = 0;
  counts.forEach((count, index) => {
    if (count === 0) return;
    // Bucket n of Prometheus ends where bucket n - 1 of OpenTelemetry does.
    const bucket = first + index;
    if (bucket === end && spans.length > 0) spans.at(-1)![1]++;
    else spans.push([bucket - end, 1]);
    end = bucket + 1;
    deltas.push(count - last);
    last = count;
  });
  return { spans, deltas };
}

function writeExemplar(writer: ProtobufWriter, field: number, exemplar: Exemplar | null | undefined): void {
  if (exemplar === null || exemplar === undefined) return;
  writer.message(field, () => {
    writeLabels(writer, exemplar.labels);
    writer.double(2, exemplar.value);
    // google.protobuf.Timestamp
    writer.message(3, () => {
      writer.unsigned(1, Math.floor(exemplar.at / 1_000));
      writer.unsigned(2, Math.round((exemplar.at % 1_000) * 1e6));
    });
  });
}
