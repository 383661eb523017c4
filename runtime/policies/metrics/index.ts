import type { Exchange, Slot } from "../../exchange/exchange.ts";
import type { BuildInfo } from "../../gateway/build-info.ts";
import type { ServerLoad, ServiceLoad } from "../../gateway/load.ts";
import type { MetricFamily, MetricsSource, WorkerSums } from "../../gateway/metrics.ts";
import { clock } from "../../life/clock.ts";
import { createWorkerSums } from "../../metrics/worker-sums.ts";
import { buildFamily } from "./build-family.ts";
import { loadFamilies } from "./load-families.ts";
import { operationFamilies } from "./operation-families.ts";
import { errorKind, OperationSeries } from "./operation-series.ts";
import { createProcessFamilies } from "./process-families.ts";

export interface MetricsConfig {
  /** Upper bounds of the duration histogram in seconds, ascending, without infinity. */
  readonly buckets: readonly number[];
  /** Also metrics of the process. */
  readonly process: boolean;
  readonly slot: Slot;
}

export const createMetrics = (config: MetricsConfig): Metrics => new Metrics(config);

class Metrics implements MetricsSource {
  readonly #bounds: Float64Array;
  readonly #slot: number;
  readonly #series: (OperationSeries | undefined)[] = [];
  readonly #processFamilies: (() => MetricFamily[]) | undefined;

  constructor(config: MetricsConfig) {
    this.#bounds = Float64Array.from(config.buckets);
    this.#slot = config.slot;
    this.#processFamilies = config.process ? createProcessFamilies() : undefined;
  }

  request(x: Exchange): void {
    const series = this.#series[x.operation.index] ?? this.#start(x);
    series.inFlight++;
    x.slots[this.#slot] = series;
  }

  done(x: Exchange): void {
    const series = this.#series[x.operation.index] ?? this.#start(x);
    // A preflight is done without ever having been a request of the operation.
    if (x.slots[this.#slot] === series) series.inFlight--;
    series.countRequest(x.method, x.answer?.status ?? 0);
    const kind = errorKind(x);
    if (kind >= 0) series.errors[kind]!++;
    const { answer, upstream } = x;
    // How long a connection lasted after 101 says nothing of how fast it was had.
    const endedAt = answer?.status === 101 && upstream !== undefined ? upstream.headAt : clock.monotonic();
    const seconds = (endedAt - x.startedAt) / 1000;
    const bounds = this.#bounds;
    let bucket = 0;
    while (bucket < bounds.length && seconds > bounds[bucket]!) bucket++;
    series.durations[bucket]!++;
    series.durationSum += seconds;
    series.requestBytes += x.bytesReceived;
    series.responseBytes += x.bytesSent;
    if (x.reports.length > 0) series.countReports(x);
  }

  *collect(load?: ServerLoad, services: readonly ServiceLoad[] = [], build?: BuildInfo): Generator<MetricFamily> {
    yield* operationFamilies(
      this.#series.filter((one) => one !== undefined),
      [...this.#bounds],
    );
    // Of several sources one speaks of the whole.
    if (load === undefined) return;
    yield* loadFamilies(load, services);
    if (build !== undefined) yield buildFamily(build);
    yield* this.#processFamilies?.() ?? [];
  }

  sums(): WorkerSums {
    return createWorkerSums();
  }

  #start(x: Exchange): OperationSeries {
    const { index } = x.operation;
    const series = new OperationSeries(x.operation, this.#bounds.length);
    // One after the other: an array with wide gaps becomes a dictionary, and each request would look its operation up there.
    while (this.#series.length < index) this.#series.push(undefined);
    this.#series[index] = series;
    return series;
  }
}
