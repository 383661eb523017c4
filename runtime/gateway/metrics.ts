import type { BuildInfo } from "./build-info.ts";
import type { ServerLoad, ServiceLoad } from "./load.ts";

/** Something that can be asked for its metrics at any time. Where there are several, the first is told of the load. */
export interface MetricsSource {
  collect(load?: ServerLoad, services?: readonly ServiceLoad[], build?: BuildInfo): MetricFamily[];
  /** For the reports of those that collect: equal samples are added up. */
  sums(): WorkerSums;
}

/** Metrics of workers that come and go. */
export interface WorkerSums {
  report(worker: object, families: readonly MetricFamily[]): void;
  /** The worker is gone. What it counted is in the sums as far as its last report says it. */
  leave(worker: object): void;
  /** Prometheus text format 0.0.4. */
  text(): string;
}

/** One metric family in the Prometheus data model. */
export interface MetricFamily {
  readonly name: string;
  readonly help: string;
  readonly type: "counter" | "gauge" | "histogram";
  /** `suffix` is `_bucket`, `_sum`, `_count` for histograms and empty otherwise; `labels` is `a="x",b="y"`, escaped. */
  readonly samples: { readonly suffix: string; readonly labels: string; readonly value: number }[];
  /** Says what is, and counts nothing: equal samples of several workers are one. */
  readonly isInfo?: true;
  /** Speaks of one process: gone with it. */
  readonly isOfProcess?: true;
}
