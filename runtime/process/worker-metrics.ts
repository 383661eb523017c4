import type { MetricFamily } from "../gateway.ts";
import { sumMetrics } from "../http/metrics-text.ts";

/** Metrics of workers that come and go. What one has counted stays in the sums when it is gone: counters never fall. */
export class WorkerMetrics {
  readonly #latest = new Map<object, readonly MetricFamily[]>();
  /** What those have counted that are gone. */
  #gone: readonly MetricFamily[] = [];

  report(worker: object, families: readonly MetricFamily[]): void {
    this.#latest.set(worker, families);
  }

  /** Of a worker that was killed, that is what the last report said. */
  leave(worker: object): void {
    const lasting = this.#latest.get(worker)?.filter(({ type, isOfProcess }) => type !== "gauge" && isOfProcess !== true);
    this.#latest.delete(worker);
    if (lasting !== undefined) this.#gone = sumMetrics([this.#gone, lasting]);
  }

  sum(): MetricFamily[] {
    return sumMetrics([...this.#latest.values(), this.#gone]);
  }
}
