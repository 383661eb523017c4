import type { MetricFamily } from "../gateway/metrics.ts";
import { label } from "../metrics/label.ts";
import { workerLabel } from "../metrics/worker-label.ts";

/** What became of what an exporter was given for one signal, since the start of the process. */
export class Figures {
  /** Delivered, and not refused. */
  sent = 0;
  /** Refused one by one by the other side, which took the others. */
  rejected = 0;
  /** Never sent: there was no room, it was too old, too large, or the process ended. */
  dropped = 0;
  /** Sent, and answered with an error that is final. */
  failed = 0;
  /** Milliseconds since the epoch; 0: never. */
  lastSuccess = 0;
}

/** What there is at the moment. */
export interface Waiting {
  readonly items: number;
  readonly bytes: number;
  /** Milliseconds. */
  readonly oldestMs: number;
}

/** Of all signals of one exporter. */
export function exportFamilies(
  exporter: string,
  signals: readonly { readonly signal: string; readonly figures: Figures; readonly waiting: Waiting }[],
): MetricFamily[] {
  const family = (
    name: string,
    type: "counter" | "gauge",
    help: string,
    value: (one: (typeof signals)[number]) => number,
    more = "",
  ): MetricFamily => ({
    name: `gatewright_export_${name}`,
    help,
    type,
    samples: signals.map((one) => ({
      labels: `${label("exporter", exporter)},${label("signal", one.signal)}${more}`,
      value: value(one),
    })),
  });
  // Of several workers these would be added up, which would make nonsense of a point in time.
  const own = `,${workerLabel()}`;
  return [
    family("sent_total", "counter", "Spans and points of metrics that were delivered.", ({ figures }) => figures.sent),
    family("rejected_total", "counter", "Of delivered batches, what the collector refused.", ({ figures }) => figures.rejected),
    family(
      "dropped_total",
      "counter",
      "What was not sent: no room, too old, too large, or the end.",
      ({ figures }) => figures.dropped,
    ),
    family("failed_total", "counter", "What was answered with a final error.", ({ figures }) => figures.failed),
    family("queue_items", "gauge", "What waits to be sent or for an answer.", ({ waiting }) => waiting.items),
    family("queue_bytes", "gauge", "Memory of it, as estimated.", ({ waiting }) => waiting.bytes),
    family("oldest_seconds", "gauge", "Age of the oldest of it.", ({ waiting }) => waiting.oldestMs / 1000, own),
    family(
      "last_success_timestamp_seconds",
      "gauge",
      "When something was delivered last, since the epoch; 0: never.",
      ({ figures }) => figures.lastSuccess / 1000,
      own,
    ),
  ];
}
