import type { HistogramSample } from "../../gateway/metrics.ts";

/** What both text formats write behind the name of a metric. */
export const lineEnd = (labels: string, value: string): string => (labels === "" ? ` ${value}` : `{${labels}} ${value}`);

export function number(value: number): string {
  if (Number.isFinite(value)) return String(value);
  return Number.isNaN(value) ? "NaN" : value > 0 ? "+Inf" : "-Inf";
}

/** The last label of each bucket and the space behind it: many histograms have the same. */
export const bucketEnds = (bounds: readonly number[], bound: (value: number) => string): string[] =>
  [...bounds.map(bound), "+Inf"].map((text) => `le="${text}"} `);

/** @param exemplars what stands behind the count of a bucket, by its index */
export function histogramLines(
  name: string,
  { labels, counts, sum }: HistogramSample,
  ends: readonly string[],
  exemplars?: (bucket: number) => string,
): string {
  const begin = labels === "" ? `${name}_bucket{` : `${name}_bucket{${labels},`;
  let text = "";
  let count = 0;
  for (let bucket = 0; bucket < counts.length; bucket++) {
    count += counts[bucket]!;
    text +=
      exemplars === undefined ? `${begin}${ends[bucket]}${count}\n` : `${begin}${ends[bucket]}${count}${exemplars(bucket)}\n`;
  }
  return `${text}${name}_sum${lineEnd(labels, number(sum))}\n${name}_count${lineEnd(labels, String(count))}\n`;
}
