import type { Exchange } from "../../../exchange/exchange.ts";
import { clock } from "../../../life/clock.ts";
import type { Endpoint } from "../../endpoint.ts";
import type { LoadBalancer, Picker } from "../../load-balancer.ts";
import { LazyPicker } from "../lazy-picker.ts";
import { reserve } from "../levels.ts";
import type { Zone } from "./zone.ts";
import { sharesOf } from "./zone-shares.ts";
import type { Zones } from "./zones.ts";

export interface ZoneLevelsConfig {
  readonly loadBalancer: LoadBalancer;
  readonly zones: Zones;
}

/** Milliseconds between two requests of one process that measure a zone. */
const probeMs = 200;

/**
 * Zones get requests as far as those that go before them do not work, or are slower; and now and then one that shows how long
 * their answers take.
 */
export const createZoneLevels = ({ loadBalancer, zones }: ZoneLevelsConfig): LoadBalancer => ({
  // Whose zones endpoints are is known once the service is made.
  over: (endpoints, all) => new LazyPicker(() => new ZonePicker(loadBalancer, zones, endpoints, all)),
});

interface Part {
  readonly zone: Zone;
  /** Those of the zone that may be chosen, and all of them. */
  readonly mine: Endpoint[];
  readonly whole: Endpoint[];
  /** How many of them work, and what they weigh together. */
  working: number;
  weight: number;
  readonly picker: Picker;
  share: number;
}

class ZonePicker implements Picker {
  readonly #zones: Zones;
  readonly #parts: readonly Part[];
  #total = 0;
  /** Parts that would get nothing, and are measured. */
  #probed: readonly Part[] = [];
  #turn = 0;
  #version = -1;

  constructor(loadBalancer: LoadBalancer, zones: Zones, endpoints: readonly Endpoint[], all: readonly Endpoint[]) {
    this.#zones = zones;
    const parts = new Map<Zone, Part>();
    for (const endpoint of all) {
      const zone = zones.of(endpoint);
      let part = parts.get(zone);
      if (part === undefined) {
        const [mine, whole]: [Endpoint[], Endpoint[]] = [[], []];
        const picker = new LazyPicker(() => loadBalancer.over(mine, whole));
        parts.set(zone, (part = { zone, mine, whole, working: 0, weight: 0, picker, share: 0 }));
      }
      part.whole.push(endpoint);
    }
    // In panic there are some among the endpoints that do not work: they must not keep requests from a zone that does.
    const nothingWorks = !endpoints.some(({ marks }) => marks === 0);
    for (const endpoint of endpoints) {
      const part = parts.get(zones.of(endpoint))!;
      part.mine.push(endpoint);
      if (!nothingWorks && endpoint.marks !== 0) continue;
      part.working++;
      part.weight += endpoint.weight;
    }
    this.#parts = [...parts.values()]
      .filter(({ mine }) => mine.length > 0)
      .sort((one, other) => levelOf(one.zone) - levelOf(other.zone));
  }

  pick(x: Exchange): Endpoint {
    if (this.#version !== this.#zones.version) this.#divide();
    const probed = this.#probed.length === 0 ? undefined : this.#measure();
    return (probed ?? this.#draw()).picker.pick(x);
  }

  #draw(): Part {
    const parts = this.#parts;
    let place = Math.random() * this.#total;
    for (const part of parts) {
      if (place < part.share) return part;
      place -= part.share;
    }
    return parts[0]!;
  }

  /** Undefined: not this request. */
  #measure(): Part | undefined {
    if (Math.random() >= this.#zones.probe) return undefined;
    const part = this.#probed[this.#turn++ % this.#probed.length]!;
    const now = clock.monotonic();
    if (now - part.zone.probedAt < probeMs) return undefined;
    part.zone.probedAt = now;
    part.zone.counted.probes++;
    return part;
  }

  #divide(): void {
    this.#version = this.#zones.version;
    const parts = this.#parts;
    const shares = sharesOf(
      parts.map(({ zone, whole, working, weight }) => ({
        level: levelOf(zone),
        weight,
        bears: Math.min(1, (working / whole.length) * reserve),
        held: zone.held,
      })),
    );
    for (const [index, part] of parts.entries()) part.share = shares[index]!;
    this.#total = shares.reduce((sum, share) => sum + share, 0);
    const asked = new Set(parts.filter(({ share }) => share > 0).map(({ zone }) => zone.priority));
    this.#probed = parts.filter(
      ({ zone, share, working }) =>
        share < this.#zones.probe && working > 0 && asked.has(zone.priority) && this.#zones.compares(zone),
    );
  }

  /** Of zones that get requests before others. */
  another(x: Exchange, tried: readonly Endpoint[]): Endpoint | undefined {
    if (this.#version !== this.#zones.version) this.#divide();
    for (const isAsked of [true, false])
      for (const { picker, share } of this.#parts) {
        const other = share > 0 === isAsked ? picker.another(x, tried) : undefined;
        if (other !== undefined) return other;
      }
    return undefined;
  }
}

const levelOf = ({ priority, distance }: Zone): number => 3 * priority + distance;
