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
