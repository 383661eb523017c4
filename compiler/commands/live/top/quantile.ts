import { type MetricSample, type Metrics, samplesOf } from "./metrics-text.ts";

/** How many requests took up to a bound in seconds, ascending; the last bound is infinite. */
export type Buckets = readonly { readonly bound: number; readonly count: number }[];

/** Requests between two reads, by how long they took: of all operations that `wanted` picks, together. */
export function bucketsBetween(before: Metrics, after: Metrics, wanted: (labels: MetricSample["labels"]) => boolean): Buckets {
  const earlier = new Map<string, number>();
  for (const sample of samplesOf(before, bucketName)) earlier.set(keyOf(sample), sample.value);
  const counts = new Map<number, number>();
  for (const sample of samplesOf(after, bucketName)) {
    if (!wanted(sample.labels)) continue;
    const bound = sample.labels.le === "+Inf" ? Number.POSITIVE_INFINITY : Number(sample.labels.le);
    counts.set(bound, (counts.get(bound) ?? 0) + grown(earlier.get(keyOf(sample)) ?? 0, sample.value));
  }
  return [...counts].map(([bound, count]) => ({ bound, count })).sort((a, b) => a.bound - b.bound);
}

const bucketName = "request_duration_seconds_bucket";

const keyOf = ({ labels }: MetricSample): string => JSON.stringify(Object.entries(labels).sort());

/** By how much a counter grew; one that fell began anew in between (Prometheus' `increase` reads it so). */
export const grown = (before: number, after: number): number => (after < before ? after : after - before);

/**
 * As Prometheus' `histogram_quantile` has it: within a bucket, requests are taken to be spread evenly. Undefined where there
 * was no request; beyond the highest bound nothing more is known than that, and it is given.
 */
export function quantile(buckets: Buckets, share: number): { readonly seconds: number; readonly isBeyond: boolean } | undefined {
  const total = buckets.at(-1)?.count ?? 0;
  if (total === 0) return undefined;
  const rank = share * total;
  const index = buckets.findIndex(({ count }) => count >= rank);
  const { bound, count } = buckets[index]!;
  const lower = buckets[index - 1] ?? { bound: 0, count: 0 };
  if (bound === Number.POSITIVE_INFINITY) return { seconds: lower.bound, isBeyond: true };
  return { seconds: lower.bound + (bound - lower.bound) * ((rank - lower.count) / (count - lower.count)), isBeyond: false };
}
