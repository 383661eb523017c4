import type { MetricFamily } from "../gateway/metrics.ts";
import { label } from "../metrics/label.ts";

export interface StoreCalls {
  /** Calls that were sent. */
  readonly sent: number;
  readonly inFlight: number;
  /** Calls that failed, by reason. */
  readonly failures: Readonly<Record<string, number>>;
}

/** What is told of the calls of a store. */
export function storeFamilies(store: string, { sent, inFlight, failures }: StoreCalls): readonly MetricFamily[] {
  const labels = label("store", store);
  return [
    {
      name: "gatewright_store_calls_total",
      help: "Calls that were sent to the store.",
      type: "counter",
      samples: [{ labels, value: sent }],
    },
    {
      name: "gatewright_store_calls_in_flight",
      help: "Calls that the store has not answered yet.",
      type: "gauge",
      samples: [{ labels, value: inFlight }],
    },
    {
      name: "gatewright_store_failures_total",
      help: "Calls that came to nothing, by why; with breaker, full and connection they were not sent.",
      type: "counter",
      samples: Object.entries(failures).map(([reason, value]) => ({ labels: `${labels},${label("reason", reason)}`, value })),
    },
  ];
}
