import type { MetricFamily } from "../../gateway/metrics.ts";
import { label } from "../../metrics/label.ts";

/** Requests with a key of one scheme, by what came of it. */
export class Outcomes {
  accepted = 0;
  refused = 0;
  unavailable = 0;
}

/** @param loaded keys that are held, and since when; undefined where they are not counted */
export function keyMetrics(
  scheme: string,
  outcomes: Outcomes,
  loaded: { readonly count: number; readonly since: number } | undefined,
): readonly MetricFamily[] {
  const labels = label("scheme", scheme);
  const requests: MetricFamily = {
    name: "gatewright_api_key_requests_total",
    help: "Requests that came with a key, by what came of it.",
    type: "counter",
    samples: (["accepted", "refused", "unavailable"] as const).map((outcome) => ({
      labels: `${labels},${label("outcome", outcome)}`,
      value: outcomes[outcome],
    })),
  };
  if (loaded === undefined) return [requests];
  const gauge = (name: string, help: string, value: number): MetricFamily => ({
    name,
    help,
    type: "gauge",
    samples: [{ labels, value }],
    isInfo: true,
  });
  return [
    requests,
    gauge("gatewright_api_keys", "Keys in a file, with those that have expired or were revoked.", loaded.count),
    gauge(
      "gatewright_api_keys_loaded_timestamp_seconds",
      "When the file came whose keys are in force, in seconds since the epoch.",
      loaded.since / 1_000,
    ),
  ];
}
