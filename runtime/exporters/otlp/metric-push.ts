import type { MetricFamily } from "../../gateway/metrics.ts";

/** A family, or a part of one, as it was at a moment. */
export interface MetricPush {
  readonly family: MetricFamily;
  /** Milliseconds since the epoch: when it began to count, and when this was read. */
  readonly since: number;
  readonly at: number;
}

export const pointsOf = ({ family: { samples, histograms = [], isExponential } }: MetricPush): number =>
  samples.length + (isExponential === true ? histograms.filter(({ native }) => native !== undefined) : histograms).length;

const bytesOfPoint = 120;

/** How much memory it takes, roughly and not too little. */
export function pushBytes({ family: { samples, histograms = [] } }: MetricPush): number {
  let bytes = bytesOfPoint;
  for (const { labels } of samples) bytes += bytesOfPoint + labels.length;
  for (const { labels, counts } of histograms) bytes += bytesOfPoint + labels.length + counts.length * 8;
  return bytes;
}

/** `AGGREGATION_TEMPORALITY_CUMULATIVE`: of a push that is lost, the next one says all. */
export const cumulative = 2;

const units: Readonly<Record<string, string>> = { seconds: "s", bytes: "By" };

/**
 * Name and unit (UCUM) in OpenTelemetry. Collectors and Prometheus make names of the two by appending the unit, and `_total` to
 * counters: so they come back as they are at `/metrics`, and one dashboard reads both.
 */
export function otlpName({ name, type }: MetricFamily): { readonly name: string; readonly unit: string } {
  const counted = type === "counter" ? name.replace(/_total$/, "") : name;
  const [whole, before, suffix] = /^(.+)_(seconds|bytes)$/.exec(counted) ?? [];
  return whole === undefined ? { name: counted, unit: "" } : { name: before!, unit: units[suffix!]! };
}
