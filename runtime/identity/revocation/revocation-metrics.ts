import type { MetricFamily } from "../../gateway/metrics.ts";

/** `knownAt`: milliseconds since the epoch at which the set was known to be whole; 0: it never was. */
export const revocationMetrics = (entries: number, knownAt: number): readonly MetricFamily[] => [
  {
    name: "gatewright_revocations",
    help: "Entries of the revocation set that are in force.",
    type: "gauge",
    samples: [{ labels: "", value: entries }],
    isInfo: true,
  },
  {
    name: "gatewright_revocations_known_timestamp_seconds",
    help: "When the revocation set was last known to be whole, in seconds since the epoch; 0: it never was.",
    type: "gauge",
    samples: [{ labels: "", value: knownAt / 1_000 }],
    isInfo: true,
  },
];
