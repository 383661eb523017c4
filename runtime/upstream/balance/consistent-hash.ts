import type { Exchange, Expression } from "../../exchange/exchange.ts";
import { valueOf } from "../../expressions/value-of.ts";
import type { Endpoint } from "../endpoint.ts";
import { type LoadBalancer, type Picker, untried } from "../load-balancer.ts";
import { loadOf } from "./endpoint-load.ts";
import { hashText, mixed } from "./hash-text.ts";
import { WeightedDraw } from "./weighted-draw.ts";

export interface ConsistentHashConfig {
  /** Requests with the same text go to the same endpoint. One without a value goes anywhere. */
  readonly key: Expression<string>;
  /** Requests under way that an endpoint may have, as a multiple of its share of all: 1.25. */
  readonly balance: number;
}

export const createConsistentHash = (config: ConsistentHashConfig): LoadBalancer => new ConsistentHash(config);

/**
 * Points of an endpoint of weight 1 on the ring. The shares of equals differ by 1/√points of a share: with these, the largest of
 * ten is below 12 %.
 */
const points = 256;
/** Points of all endpoints at most: heavy ones have fewer for their weight then. */
const mostPoints = 1_000_000;
/** More than there can be endpoints. */
const mostOwners = 2 ** 20;

/**
 * Consistent hashing with bounded load: an endpoint that is added or removed changes where its share of the keys goes, and
 * no other. Who finds an endpoint full jumps to another place of the ring that the key says, and not to the next one, which
 * would fill up in its turn (Chen, Coleman, Shrivastava, Revisiting Consistent Hashing with Bounded Loads).
 */
class ConsistentHash implements LoadBalancer {
  readonly #config: ConsistentHashConfig;

  constructor(config: ConsistentHashConfig) {
    this.#config = config;
  }

  over(endpoints: readonly Endpoint[]): Picker {
    return new RingPicker(endpoints, this.#config);
  }
}

class RingPicker implements Picker {
  readonly #endpoints: readonly Endpoint[];
  readonly #config: ConsistentHashConfig;
  readonly #ring: Ring;

  constructor(endpoints: readonly Endpoint[], config: ConsistentHashConfig) {
    this.#endpoints = endpoints;
    this.#config = config;
    this.#ring = new Ring(endpoints);
  }

  pick(x: Exchange): Endpoint {
    const endpoints = this.#endpoints;
    const key = valueOf(this.#config.key, x);
    if (key === undefined) return endpoints[this.#ring.draw.next()]!;
    const hash = hashText(key);
    const total = 1 + loadOf(endpoints[0]!).total.inFlight;
    let last = endpoints[0]!;
    for (let jump = 0; jump < 2 * endpoints.length; jump++) {
      last = endpoints[this.#ring.at(jump === 0 ? hash : mixed(hash, jump))]!;
      const share = (total * last.weight) / this.#ring.weight;
      if (loadOf(last).inFlight < Math.ceil(this.#config.balance * share)) return last;
    }
    return last;
  }

  another(x: Exchange, tried: readonly Endpoint[]): Endpoint | undefined {
    const hash = hashText(valueOf(this.#config.key, x) ?? String(Math.random()));
    for (let jump = 1; jump <= 2 * this.#endpoints.length; jump++) {
      const other = this.#endpoints[this.#ring.at(mixed(hash, jump))]!;
      if (!tried.includes(other)) return other;
    }
    return untried(this.#endpoints, tried)[0];
  }
}

class Ring {
  readonly weight: number;
  readonly draw: WeightedDraw;
  /** Places on the ring, sorted, and whose each is. */
  readonly #places: Uint32Array;
  readonly #owners: Uint32Array;

  constructor(endpoints: readonly Endpoint[]) {
    this.draw = new WeightedDraw(endpoints.map(({ weight }) => weight));
    this.weight = endpoints.reduce((sum, { weight }) => sum + weight, 0);
    const each = Math.min(points, Math.max(1, mostPoints / this.weight));
    // By name where two share a place: the order of endpoints in the configuration decides nothing.
    const byName = endpoints.map((_, owner) => owner).sort((x, y) => (endpoints[x]!.url < endpoints[y]!.url ? -1 : 1));
    const counts = byName.map((owner) => Math.max(1, Math.round(endpoints[owner]!.weight * each)));
    // Place and rank as one number, of 52 bits at most: a list of numbers is sorted ten times as fast as one of pairs.
    const all = new Float64Array(counts.reduce((sum, count) => sum + count, 0));
    let at = 0;
    for (const [rank, owner] of byName.entries()) {
      const own = hashText(endpoints[owner]!.url);
      for (let point = 1; point <= counts[rank]!; point++) all[at++] = mixed(own, point) * mostOwners + rank;
    }
    all.sort();
    this.#places = new Uint32Array(all.length);
    this.#owners = new Uint32Array(all.length);
    for (let index = 0; index < all.length; index++) {
      const place = Math.floor(all[index]! / mostOwners);
      this.#places[index] = place;
      this.#owners[index] = byName[all[index]! - place * mostOwners]!;
    }
  }

  /** The owner of the first place at or behind `hash`. */
  at(hash: number): number {
    let [low, high] = [0, this.#places.length];
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.#places[middle]! < hash) low = middle + 1;
      else high = middle;
    }
    return this.#owners[low === this.#places.length ? 0 : low]!;
  }
}
