import type { MetricFamily } from "../../../gateway/metrics.ts";
import { label } from "../../../metrics/label.ts";

/**
 * Zones that are counted apart: a registry names them as it likes. Others are `other`. So many of each service here, and of all
 * services together where those of several workers are summed.
 */
const most = 256;

/** Since the start. */
export interface ZoneCount {
  attempts: number;
  probes: number;
}

/**
 * What was counted of each zone, also of those that are gone: each worker forgets a zone at a moment of its own, and what it had
 * counted would be missing in the sum over all of them.
 */
export class ZoneCounts {
  readonly #counts = new Map<string, ZoneCount>();

  /** Zones of the same name are counted together. */
  of(name: string): ZoneCount {
    const known = this.#counts.get(name);
    if (known !== undefined) return known;
    if (this.#counts.size >= most && name !== "other") return this.of("other");
    const count: ZoneCount = { attempts: 0, probes: 0 };
    this.#counts.set(name, count);
    return count;
  }

  families(service: string): readonly MetricFamily[] {
    const family = (name: string, help: string, valueOf: (count: ZoneCount) => number): MetricFamily => ({
      name: `gatewright_service_zone_${name}_total`,
      help,
      type: "counter",
      open: { zone: most },
      samples: Array.from(this.#counts, ([zone, count]) => ({
        labels: `${label("service", service)},${label("zone", zone)}`,
        value: valueOf(count),
      })),
    });
    return [
      family("attempts", "Attempts at endpoints of the zone.", ({ attempts }) => attempts),
      family(
        "probes",
        "Requests that went to the zone only so that it is known how long its answers take.",
        ({ probes }) => probes,
      ),
    ];
  }
}
