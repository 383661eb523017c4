import type { SpanSink } from "../telemetry/span.ts";

/** Where the gateway sends what it tells of itself. What is given to it, it sends when it likes; nobody waits for it. */
export interface Exporter {
  readonly __resource: "exporters";
  /** `exporters.collector`. */
  readonly name: string;
}

/** Takes `traces`. */
export interface TraceExporter extends Exporter, SpanSink {}
