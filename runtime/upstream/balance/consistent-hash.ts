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
/**
 * Points of all endpoints at most: heavy ones have fewer for their weight then, and where there are thousands, all have. What
 * their shares differ by then, `balance` evens out.
 */
const mostPoints = 131_072;

/** With fewer, a lookup is no quicker, and the table does not fit where memory is quick. */
const placesPerCell = 8;

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

/**
 * Places are spread evenly, so that a table by their first bits, with some places in each of its cells, is as good as a sorted list,
 * and made in time that is linear: thousands of endpoints may change while requests wait.
 */
class Ring {
  readonly weight: number;
  readonly draw: WeightedDraw;
  /** Places on the ring, those of one cell beside each other, and whose each is. */
  readonly #places: Uint32Array;
  readonly #owners: Uint32Array;
  /** Where the places of each cell begin, and at last where those of the last one end. */
  readonly #begins: Uint32Array;
  readonly #shift: number;
  readonly #endpoints: readonly Endpoint[];

  constructor(endpoints: readonly Endpoint[]) {
    this.#endpoints = endpoints;
    this.draw = new WeightedDraw(endpoints.map(({ weight }) => weight));
    this.weight = 0;
    for (const { weight } of endpoints) this.weight += weight;
    const counts = pointsOf(endpoints, this.weight);
    let total = 0;
    for (const count of counts) total += count;
    const bits = Math.max(1, Math.floor(Math.log2(total / placesPerCell)));
    this.#shift = 32 - bits;
    // What is looked at for each point is at hand: of ten thousand endpoints there are more than a hundred thousand.
    const shift = this.#shift;
    const ends = new Uint32Array(2 ** bits + 1);
    const hashes = new Uint32Array(endpoints.length);
    for (let owner = 0; owner < hashes.length; owner++) {
      const own = (hashes[owner] = hashText(endpoints[owner]!.url));
      for (let point = counts[owner]!; point > 0; point--) ends[mixed(own, point) >>> shift]!++;
    }
    // Each cell begins where it ends when as many are taken off its end as are in it.
    for (let cell = 1; cell < ends.length; cell++) ends[cell]! += ends[cell - 1]!;
    const places = new Uint32Array(total);
    const owners = new Uint32Array(total);
    // To work out each place again takes less time than memory for all of them that was not used before.
    for (let owner = 0; owner < hashes.length; owner++) {
      const own = hashes[owner]!;
      for (let point = counts[owner]!; point > 0; point--) {
        const place = mixed(own, point);
        const index = --ends[place >>> shift]!;
        places[index] = place;
        owners[index] = owner;
      }
    }
    this.#begins = ends;
    this.#places = places;
    this.#owners = owners;
  }

  /** The owner of the first place at or behind `hash`. */
  at(hash: number): number {
    const last = this.#begins.length - 1;
    let cell = hash >>> this.#shift;
    let found = this.#firstIn(cell, hash);
    // Some cell has a place.
    while (found < 0) {
      cell = (cell + 1) % last;
      found = this.#firstIn(cell, 0);
    }
    return this.#owners[found]!;
  }

  /** -1: none of the cell is at or behind `hash`. */
  #firstIn(cell: number, hash: number): number {
    const places = this.#places;
    let found = -1;
    for (let index = this.#begins[cell]!; index < this.#begins[cell + 1]!; index++) {
      const place = places[index]!;
      if (place < hash) continue;
      if (found < 0 || place < places[found]! || (place === places[found] && this.#isNamedBefore(index, found))) found = index;
    }
    return found;
  }

  /** Where two share a place: the order of endpoints in the configuration decides nothing. */
  #isNamedBefore(one: number, other: number): boolean {
    return this.#endpoints[this.#owners[one]!]!.url < this.#endpoints[this.#owners[other]!]!.url;
  }
}

/** By weight. */
function pointsOf(endpoints: readonly Endpoint[], weight: number): Uint32Array {
  const each = Math.min(points, Math.max(1, mostPoints / weight));
  const counts = new Uint32Array(endpoints.length);
  for (let index = 0; index < counts.length; index++) counts[index] = Math.max(1, Math.round(endpoints[index]!.weight * each));
  return counts;
}
