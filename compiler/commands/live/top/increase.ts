import { type MetricSample, type Metrics, samplesOf } from "./metrics-text.ts";
import { grown } from "./quantile.ts";

type Labels = MetricSample["labels"];

/** Series by series: one that began anew falls, whatever the others do. */
export function increase(before: Metrics, after: Metrics, name: string, wanted: (labels: Labels) => boolean): number {
  const earlier = new Map<string, number>();
  for (const { labels, value } of samplesOf(before, name)) earlier.set(keyOf(labels), value);
  return samplesOf(after, name).reduce(
    (sum, { labels, value }) => (wanted(labels) ? sum + grown(earlier.get(keyOf(labels)) ?? 0, value) : sum),
    0,
  );
}

const keyOf = (labels: Labels): string => JSON.stringify(Object.entries(labels).sort());
