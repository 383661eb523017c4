import type { MetricExporter } from "../../exporters/exporter.ts";
import type { MetricFamily, MetricsItem } from "../../gateway/metrics.ts";
import { inSlices } from "../../life/in-slices.ts";
import type { Life } from "../../life/life.ts";
import type { Living } from "../../life/living.ts";
import { familiesOf } from "../../metrics/families-of.ts";
import { Metrics, type MetricsConfig } from "./index.ts";

export interface PushedMetricsConfig extends MetricsConfig {
  readonly push: {
    readonly exporter: MetricExporter;
    /** Milliseconds. */
    readonly every: number;
    /** Which buckets histograms are sent in. */
    readonly histograms: "classic" | "exponential" | "both";
  };
}

export const createPushedMetrics = (config: PushedMetricsConfig): PushedMetrics => new PushedMetrics(config);

/** Metrics that an exporter is given as well, again and again: of this process, which is an instance of its own to a collector. */
class PushedMetrics extends Metrics implements Living {
  readonly name = "metrics";
  readonly required = false;
  readonly #push: PushedMetricsConfig["push"];
  #collect: () => Iterable<MetricsItem> = () => [];

  constructor(config: PushedMetricsConfig) {
    super(config);
    this.#push = config.push;
  }

  begin(collect: () => Iterable<MetricsItem>): void {
    this.#collect = collect;
  }

  start(life: Life): void {
    life.every(this.#push.every, () => this.#send());
  }

  /** Ahead of the exporter, which sends what it has before it ends. */
  stop(): void {
    this.#push.exporter.push(this.#families());
  }

  /** Part by part, with time for requests between two. */
  async #send(): Promise<void> {
    await inSlices(this.#families(), (family) => this.#push.exporter.push([family]));
  }

  /** As they come: nobody needs the samples of one together. */
  *#families(): Generator<MetricFamily> {
    const { histograms } = this.#push;
    for (const item of this.#collect())
      for (const family of familiesOf([item])) {
        const isHistogram = family.type === "histogram";
        if (!isHistogram || histograms !== "exponential") yield family;
        if (isHistogram && histograms !== "classic") yield { ...family, isExponential: true };
      }
  }
}
