import type { MetricFamily } from "../gateway/metrics.ts";
import type { SpanSink } from "../telemetry/span.ts";

/** Where the gateway sends what it tells of itself. What is given to it, it sends when it likes; nobody waits for it. */
export interface Exporter {
  readonly __resource: "exporters";
  /** `exporters.collector`. */
  readonly name: string;
}

/** Takes `traces`. */
export interface TraceExporter extends Exporter, SpanSink {}

/** Takes `metrics`. */
export interface MetricExporter extends Exporter {
  /**
   * What was counted up to now, all of it; parts of families as they come. Never throws and never waits.
   *
   * @param since milliseconds since the epoch: when it began to count; the start of the process where absent
   */
  push(families: Iterable<MetricFamily>, since?: number): void;
}
