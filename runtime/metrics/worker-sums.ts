import type { MetricFamily, WorkerSums } from "../gateway/metrics.ts";
import { metricsText, sumMetrics } from "./metrics-text.ts";

export const createWorkerSums = (): WorkerSums => new Sums();

/** What one worker has counted stays in the sums when it is gone: counters never fall. */
class Sums implements WorkerSums {
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

  text(): string {
    return metricsText(sumMetrics([...this.#latest.values(), this.#gone]));
  }
}
