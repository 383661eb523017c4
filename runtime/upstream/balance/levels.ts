import type { Exchange, StartValue } from "../../exchange/exchange.ts";
import type { Endpoint, Place } from "../endpoint.ts";
import type { LoadBalancer, Picker } from "../load-balancer.ts";

export interface LevelsConfig {
  readonly loadBalancer: LoadBalancer;
  /** Of each endpoint, in their order; absent where their registry says so. */
  readonly places?: readonly Place[];
  /** Of this gateway; undefined: it has none. */
  readonly zone?: StartValue | string;
}

/**
 * How much more than its own share of endpoints that work a level can bear: while 72 % of a level work, it takes all
 * requests; below that, what it cannot take spills over to the next (the overprovisioning factor of Envoy's priority levels).
 */
const reserve = 1.4;

/** Endpoints of a lower priority, and of another zone, get requests as far as the others do not work. */
export function createLevels({ loadBalancer, places, zone }: LevelsConfig): LoadBalancer {
  const levels = new Map<Endpoint, number>();
  const numberOf = (place: Place | undefined): number =>
    2 * (place?.priority ?? 0) + (zone === undefined || place?.zone === zone ? 0 : 1);
  const over = (endpoints: readonly Endpoint[], all: readonly Endpoint[]): Picker => {
    // The first time all endpoints of the configuration are there.
    if (levels.size === 0 && places !== undefined)
      for (const [index, endpoint] of all.entries()) levels.set(endpoint, numberOf(places[index]));
    const levelOf = (endpoint: Endpoint): number => levels.get(endpoint) ?? numberOf(endpoint.place);
    const numbers = [...new Set(all.map(levelOf))].toSorted((a, b) => a - b);
    // In panic there are some among the endpoints that do not work: they must not keep requests from a level that does.
    const working = endpoints.filter(({ marks }) => marks === 0);
    const counted = working.length === 0 ? endpoints : working;
    const found: Level[] = [];
    let left = 1;
    for (const number of numbers) {
      const isOf = (endpoint: Endpoint): boolean => levelOf(endpoint) === number;
      const [mine, whole] = [endpoints.filter(isOf), all.filter(isOf)];
      if (mine.length === 0) continue;
      const share = Math.min(left, (counted.filter(isOf).length / whole.length) * reserve);
      left -= share;
      found.push({ share, picker: loadBalancer.over(mine, whole) });
    }
    return found.length === 1 ? found[0]!.picker : new LevelPicker(found);
  };
  return { over };
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
