import type { MetricFamily } from "../../gateway/metrics.ts";
import type { Purge, PurgeKind } from "./purge.ts";

const kinds: readonly PurgeKind[] = ["uri", "prefix", "tag", "subject", "all"];
const ways = ["hard", "soft"] as const;

/** How often was purged, by kind. */
export class PurgeCounts {
  readonly #counts = new Map<string, number>(
    kinds.flatMap((kind) => ways.map((way) => [`kind="${kind}",way="${way}"`, 0] as const)),
  );

  add({ kind, isSoft }: Purge): void {
    const labels = `kind="${kind}",way="${isSoft ? "soft" : "hard"}"`;
    this.#counts.set(labels, this.#counts.get(labels)! + 1);
  }

  /** `inForce`: purges that answers are compared with. */
  families(inForce: number): readonly MetricFamily[] {
    return [
      {
        name: "gatewright_cache_purges_total",
        help: "Purges that were asked of this process, by what they name and whether what is kept is gone or stale.",
        type: "counter",
        samples: [...this.#counts].map(([labels, value]) => ({ labels, value })),
      },
      {
        name: "gatewright_cache_purges_in_force",
        help: "Purges that kept answers are compared with.",
        type: "gauge",
        samples: [{ labels: "", value: inForce }],
        isInfo: true,
      },
    ];
  }
}

/** Of purges in a store. `waiting`: in force in this process, and not in the store; `knownAt`: milliseconds since the epoch. */
export const storedFamilies = (waiting: number, failed: number, knownAt: number): readonly MetricFamily[] => [
  {
    name: "gatewright_cache_purges_waiting",
    help: "Purges that are in force in one worker, and that the store was not told of yet: elsewhere, what they purge is still served.",
    type: "gauge",
    samples: [{ labels: "", value: waiting }],
  },
  {
    name: "gatewright_cache_purges_failed_total",
    help: "Purges that were asked of this process and answered with 503, as the store did not take them.",
    type: "counter",
    samples: [{ labels: "", value: failed }],
  },
  {
    name: "gatewright_cache_purges_known_timestamp_seconds",
    help: "When all purges of the store were last known, in seconds since the epoch; 0: they never were.",
    type: "gauge",
    samples: [{ labels: "", value: knownAt / 1_000 }],
    isInfo: true,
  },
];
