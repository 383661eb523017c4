import type { Exchange, ExchangeTrace, Slot } from "../../exchange/exchange.ts";
import { keptText } from "../../exchange/kept-text.ts";
import type { Exemplar, MetricFamily, MetricsAbout, MetricsItem, MetricsSource, WorkerSums } from "../../gateway/metrics.ts";
import { clock } from "../../life/clock.ts";
import { label } from "../../metrics/label.ts";
import type { ScrapeThread } from "../../metrics/thread/scrape-thread.ts";
import { createWorkerSums } from "../../metrics/worker-sums.ts";
import { buildFamily } from "./build-family.ts";
import { errorKind } from "./error-kinds.ts";
import { loadFamilies } from "./load-families.ts";
import { OperationPages } from "./operation-pages.ts";
import { OperationSeries } from "./operation-series.ts";
import type { OwnMetrics } from "./own-metrics.ts";
import { createProcessFamilies } from "./process-families.ts";
import { readyFamily } from "./ready-family.ts";
import { ServiceSeries, serviceFamilies } from "./service-series.ts";

export interface MetricsConfig {
  /** Upper bounds of the duration histograms in seconds, ascending, without infinity. */
  readonly buckets: readonly number[];
  /** Durations also in exponential buckets. */
  readonly native: boolean;
  /** Also metrics of the process. */
  readonly process: boolean;
  /** Metrics of the configuration; null: there are none. */
  readonly own: OwnMetrics | null;
  /** Writes what is scraped where there are many operations; null: the thread that answers requests does. */
  readonly thread: ScrapeThread | null;
  readonly slot: Slot;
}

export const createMetrics = (config: MetricsConfig): Metrics => new Metrics(config);

const exemplarOf = ({ traceId, spanId }: ExchangeTrace, value: number): Exemplar => ({
  // What an exemplar says lasts, and ids are parts of longer texts.
  labels: keptText(`${label("trace_id", traceId)},${label("span_id", spanId)}`),
  value,
  at: clock.wall(),
});

export class Metrics implements MetricsSource {
  readonly #bounds: Float64Array;
  readonly #isNative: boolean;
  readonly #slot: number;
  readonly #own: OwnMetrics | null;
  readonly #thread: ScrapeThread | null;
  readonly #series: (OperationSeries | undefined)[] = [];
  readonly #pages: OperationPages;
  readonly #services = new Map<string, ServiceSeries>();
  readonly #processFamilies: (() => MetricFamily[]) | undefined;

  constructor(config: MetricsConfig) {
    this.#bounds = Float64Array.from(config.buckets);
    this.#pages = new OperationPages(config.buckets);
    this.#isNative = config.native;
    this.#slot = config.slot;
    this.#own = config.own;
    this.#thread = config.thread;
    this.#processFamilies = config.process ? createProcessFamilies() : undefined;
  }

  request(x: Exchange): void {
    const series = this.#series[x.operation.index] ?? this.#start(x);
    series.inFlight++;
    series.change();
    x.slots[this.#slot] = series;
  }

  done(x: Exchange): void {
    const series = this.#series[x.operation.index] ?? this.#start(x);
    // A preflight is done without ever having been a request of the operation.
    if (x.slots[this.#slot] === series) series.inFlight--;
    series.change();
    const { answer, upstream } = x;
    series.countRequest(x.method, answer === undefined ? 0 : answer.status);
    const kind = errorKind(x);
    if (kind >= 0) series.errors[kind]!++;
    if (answer?.problem !== undefined) series.refusals.count(answer.source);
    // How long a connection lasted after 101 says nothing of how fast it was had.
    const endedAt = answer?.status === 101 && upstream !== undefined ? upstream.headAt : clock.monotonic();
    const seconds = (endedAt - x.startedAt) / 1000;
    const bucket = series.durations.observe(seconds);
    // An exemplar leads to a trace that was exported.
    if (x.trace?.isSampled === true) series.durations.exemplify(bucket, exemplarOf(x.trace, seconds));
    series.requestBytes += x.bytesReceived;
    series.responseBytes += x.bytesSent;
    if (x.reports.length > 0) series.countReports(x);
    if (upstream !== undefined) {
      const service = this.#services.get(upstream.service) ?? this.#startService(upstream.service);
      for (const attempt of upstream.attempts) service.count(attempt);
    }
    this.#own?.count(x);
  }

  *collect(about?: MetricsAbout): Generator<MetricsItem> {
    yield* this.#pages.all();
    if (about === undefined) return;
    const { load, services, build, things } = about;
    yield* this.#own?.families ?? [];
    yield* serviceFamilies([...this.#services.values()], [...this.#bounds]);
    yield* loadFamilies(load, services);
    if (build !== undefined) yield buildFamily(build);
    if (things !== undefined) yield readyFamily(things);
    yield* this.#processFamilies?.() ?? [];
  }

  sums(): WorkerSums {
    return createWorkerSums(this.#thread);
  }

  #start(x: Exchange): OperationSeries {
    const { index } = x.operation;
    const series = new OperationSeries(x.operation, this.#bounds, this.#isNative);
    // One after the other: an array with wide gaps becomes a dictionary, and each request would look its operation up there.
    while (this.#series.length < index) this.#series.push(undefined);
    this.#series[index] = series;
    this.#pages.add(series);
    return series;
  }

  #startService(name: string): ServiceSeries {
    const series = new ServiceSeries(name, this.#bounds, this.#isNative);
    this.#services.set(name, series);
    return series;
  }
}
