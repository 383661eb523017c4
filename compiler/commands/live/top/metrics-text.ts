/** One line of a metrics page. */
export interface MetricSample {
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

/** Samples by the name that stands in front of their labels: of a histogram `…_bucket`, `…_sum` and `…_count`. */
export type Metrics = ReadonlyMap<string, readonly MetricSample[]>;

/** Reads the Prometheus text format 0.0.4; lines of another kind are passed over. */
export function readMetrics(text: string): Metrics {
  const metrics = new Map<string, MetricSample[]>();
  for (const line of text.split("\n")) {
    const found = /^([A-Za-z_:][\w:]*)(?:\{(.*)\})? (\S+)(?: \d+)?$/.exec(line);
    if (found === null) continue;
    const [, name = "", labels = "", value = ""] = found;
    const samples = metrics.get(name);
    const sample = { labels: labelsOf(labels), value: numberOf(value) };
    if (samples === undefined) metrics.set(name, [sample]);
    else samples.push(sample);
  }
  return metrics;
}

function labelsOf(text: string): Record<string, string> {
  const labels: Record<string, string> = {};
  for (const [, name = "", value = ""] of text.matchAll(/(\w+)="((?:[^"\\]|\\.)*)"/g))
    labels[name] = value.replaceAll(/\\(.)/g, (_whole, escaped: string) => (escaped === "n" ? "\n" : escaped));
  return labels;
}

const numberOf = (text: string): number =>
  text === "+Inf" ? Number.POSITIVE_INFINITY : text === "-Inf" ? Number.NEGATIVE_INFINITY : Number(text);

export const samplesOf = (metrics: Metrics, name: string): readonly MetricSample[] => metrics.get(`gatewright_${name}`) ?? [];

/** Sum of the samples that `wanted` picks. */
export const sumOf = (metrics: Metrics, name: string, wanted: (labels: MetricSample["labels"]) => boolean = () => true): number =>
  samplesOf(metrics, name).reduce((sum, { labels, value }) => (wanted(labels) ? sum + value : sum), 0);
