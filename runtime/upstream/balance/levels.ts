import type { Exchange, StartValue } from "../../exchange/exchange.ts";
import type { Endpoint, Place } from "../endpoint.ts";
import type { LoadBalancer, Picker } from "../load-balancer.ts";
import { LazyPicker } from "./lazy-picker.ts";

export interface LevelsConfig {
  readonly loadBalancer: LoadBalancer;
  /** Of each endpoint, in their order; absent where their registry says so. */
  readonly places?: readonly Place[];
  /** Of this gateway; undefined: it has none. */
  readonly zone?: StartValue | string;
  /** Zones that are nearer to it than others. */
  readonly region?: readonly (StartValue | string)[];
}

/**
 * How much more than its own share of endpoints that work a level can bear: while 72 % of a level work, it takes all
 * requests; below that, what it cannot take spills over to the next (the overprovisioning factor of Envoy's priority levels).
 */
export const reserve = 1.4;

/** Endpoints of a lower priority, and of a zone further away, get requests as far as the others do not work. */
export function createLevels({ loadBalancer, places, zone, region = [] }: LevelsConfig): LoadBalancer {
  const levels = new Map<Endpoint, number>();
  const near = new Set<string>(region);
  const distanceOf = (there: string): number => (there === zone ? 0 : near.has(there) ? 1 : 2);
  const numberOf = (place: Place | undefined): number => 3 * (place?.priority ?? 0) + distanceOf(place?.zone ?? "");
  const over = (endpoints: readonly Endpoint[], all: readonly Endpoint[]): Picker => {
    // The first time all endpoints of the configuration are there.
    if (levels.size === 0 && places !== undefined)
      for (const [index, endpoint] of all.entries()) levels.set(endpoint, numberOf(places[index]));
    const levelOf = (endpoint: Endpoint): number => levels.get(endpoint) ?? numberOf(endpoint.place);
    const parts = new Map<number, Part>();
    const partOf = (endpoint: Endpoint): Part => {
      const number = levelOf(endpoint);
      let part = parts.get(number);
      if (part === undefined) parts.set(number, (part = { number, mine: [], whole: [], counted: 0 }));
      return part;
    };
    for (const endpoint of all) partOf(endpoint).whole.push(endpoint);
    // In panic there are some among the endpoints that do not work: they must not keep requests from a level that does.
    const nothingWorks = !endpoints.some(({ marks }) => marks === 0);
    for (const endpoint of endpoints) {
      const part = partOf(endpoint);
      part.mine.push(endpoint);
      if (nothingWorks || endpoint.marks === 0) part.counted++;
    }
    const found: Level[] = [];
    let left = 1;
    for (const { mine, whole, counted } of [...parts.values()].toSorted((a, b) => a.number - b.number)) {
      if (mine.length === 0) continue;
      const share = Math.min(left, (counted / whole.length) * reserve);
      left -= share;
      found.push({ share, picker: new LazyPicker(() => loadBalancer.over(mine, whole)) });
    }
    return found.length === 1 ? found[0]!.picker : new LevelPicker(found);
  };
  return { over };
}

interface Part {
  readonly number: number;
  /** Those of the level that may be chosen, all of them, and how many say what it can take. */
  readonly mine: Endpoint[];
  readonly whole: Endpoint[];
  counted: number;
}

interface Level {
  /** Of the requests, from 0 to 1. Together they may be less where much does not work. */
  readonly share: number;
  readonly picker: Picker;
}

class LevelPicker implements Picker {
  readonly #levels: readonly Level[];
  readonly #total: number;

  constructor(levels: readonly Level[]) {
    this.#levels = levels;
    this.#total = levels.reduce((sum, { share }) => sum + share, 0);
  }

  pick(x: Exchange): Endpoint {
    let place = Math.random() * this.#total;
    for (const { share, picker } of this.#levels) {
      if (place < share) return picker.pick(x);
      place -= share;
    }
    return this.#levels[0]!.picker.pick(x);
  }

  another(x: Exchange, tried: readonly Endpoint[]): Endpoint | undefined {
    for (const { picker } of this.#levels) {
      const other = picker.another(x, tried);
      if (other !== undefined) return other;
    }
    return undefined;
  }
}
