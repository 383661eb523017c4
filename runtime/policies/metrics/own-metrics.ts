import type { Exchange, Expression } from "../../exchange/exchange.ts";
import { ExpressionError } from "../../expressions/error.ts";
import { holds } from "../../expressions/holds.ts";
import type { MetricFamily } from "../../gateway/metrics.ts";
import { label } from "../../metrics/label.ts";
import { Durations } from "./durations.ts";

export interface OwnMetricsConfig {
  readonly metrics: readonly OwnMetricConfig[];
}

export interface OwnMetricConfig {
  readonly name: string;
  readonly help: string;
  /** Upper bounds of a histogram, ascending; null: it is a counter. */
  readonly bounds: readonly number[] | null;
  readonly native: boolean;
  readonly value: number | Expression<unknown>;
  readonly when: Expression<boolean> | null;
  readonly labels: readonly OwnLabelConfig[];
}

export interface OwnLabelConfig {
  readonly name: string;
  readonly value: Expression<unknown>;
  /** Any other value becomes `other`; null: the first ones that come are kept apart. */
  readonly values: readonly string[] | null;
  /** So many of them. */
  readonly most: number;
}

export const createOwnMetrics = (config: OwnMetricsConfig): OwnMetrics => new OwnMetrics(config);

/** What the configuration counts when a request is over. */
class OwnMetrics {
  declare readonly __made: true;
  readonly #metrics: readonly OwnMetric[];

  constructor({ metrics }: OwnMetricsConfig) {
    this.#metrics = metrics.map((config) => new OwnMetric(config));
  }

  count(x: Exchange): void {
    for (const metric of this.#metrics) metric.count(x);
  }

  get families(): MetricFamily[] {
    return this.#metrics.map((metric) => metric.family);
  }
}

export type { OwnMetrics };

interface Series {
  readonly labels: string;
  count: number;
  readonly durations: Durations | undefined;
}

class OwnMetric {
  readonly #config: OwnMetricConfig;
  readonly #bounds: Float64Array;
  readonly #labels: readonly OwnLabel[];
  readonly #series = new Map<string, Series>();

  constructor(config: OwnMetricConfig) {
    this.#config = config;
    this.#bounds = Float64Array.from(config.bounds ?? []);
    this.#labels = config.labels.map((one) => new OwnLabel(one));
  }

  count(x: Exchange): void {
    const { when, value } = this.#config;
    if (when !== null && !holds(when, x)) return;
    const number = typeof value === "number" ? value : numberOf(value, x);
    // A client that says 1e308 twice would make the sum infinite, and every rate of it NaN for good.
    if (!(number >= 0 && number <= Number.MAX_SAFE_INTEGER)) return;
    const series = this.#seriesOf(x);
    if (series.durations === undefined) series.count += number;
    else series.durations.observe(number);
  }

  get family(): MetricFamily {
    const { name, help, bounds, labels } = this.#config;
    const all = [...this.#series.values()];
    const open = labels.flatMap((one) => (one.values === null ? [[one.name, one.most] as const] : []));
    const shared = { name, help, ...(open.length === 0 ? {} : { open: Object.fromEntries(open) }) };
    if (bounds === null)
      return { ...shared, type: "counter", samples: all.map((series) => ({ labels: series.labels, value: series.count })) };
    return {
      ...shared,
      type: "histogram",
      samples: [],
      bounds,
      histograms: all.flatMap((series) => series.durations?.sample(series.labels) ?? []),
    };
  }

  #seriesOf(x: Exchange): Series {
    const labels = this.#labels.map((one) => one.textFor(x)).join(",");
    const known = this.#series.get(labels);
    if (known !== undefined) return known;
    const { bounds, native } = this.#config;
    const series = { labels, count: 0, durations: bounds === null ? undefined : new Durations(this.#bounds, native) };
    this.#series.set(labels, series);
    return series;
  }
}

/** Characters of a value that is kept apart: the label is held as long as the gateway runs. */
const longestValue = 128;

class OwnLabel {
  readonly #value: Expression<unknown>;
  /** By value: the label, ready to be written. */
  readonly #texts = new Map<string, string>();
  readonly #most: number;
  readonly #other: string;
  readonly #none: string;
  readonly #name: string;

  constructor({ name, value, values, most }: OwnLabelConfig) {
    this.#name = name;
    this.#value = value;
    this.#most = values === null ? most : 0;
    this.#other = label(name, "other");
    this.#none = label(name, "none");
    for (const one of values ?? []) this.#texts.set(one, label(name, one));
  }

  textFor(x: Exchange): string {
    const value = textOf(this.#value, x);
    if (value === undefined) return this.#none;
    const known = this.#texts.get(value);
    if (known !== undefined) return known;
    if (this.#texts.size >= this.#most || value.length > longestValue) return this.#other;
    const text = label(this.#name, value);
    this.#texts.set(value, text);
    return text;
  }
}

/** NaN where it has no value, or one that is no number. */
function numberOf(expression: Expression<unknown>, x: Exchange): number {
  const value = valueOf(expression, x);
  return typeof value === "number" || typeof value === "bigint" ? Number(value) : Number.NaN;
}

/** Undefined where it has no value, or one that is no scalar. */
function textOf(expression: Expression<unknown>, x: Exchange): string | undefined {
  const value = valueOf(expression, x);
  if (typeof value === "string") return value;
  return typeof value === "number" || typeof value === "bigint" || typeof value === "boolean" ? String(value) : undefined;
}

function valueOf(expression: Expression<unknown>, x: Exchange): unknown {
  try {
    return expression(x);
  } catch (error) {
    if (error instanceof ExpressionError) return undefined;
    throw error;
  }
}
