import { clock } from "../../life/clock.ts";
import type { Endpoint } from "../endpoint.ts";
import { type LoadBalancer, type Picker, untried } from "../load-balancer.ts";
import { loadOf } from "./endpoint-load.ts";
import { WeightedDraw } from "./weighted-draw.ts";

/**
 * The better of two endpoints that chance draws (Mitzenmacher, The Power of Two Choices in Randomized Load Balancing): the
 * one where a request is expected to wait less, by the latency of its answers and the requests that are under way.
 */
export const createPowerOfTwo = (): LoadBalancer => new TwoChoices(expectedWait);

/** The better of two endpoints that chance draws: the one with fewer requests under way for its weight. */
export const createLeastRequests = (): LoadBalancer => new TwoChoices(underWay);

/** One that chance draws, by weight. */
export const createRandom = (): LoadBalancer => new TwoChoices(undefined);

type Cost = (endpoint: Endpoint, other: Endpoint, now: number) => number;

/** Of an endpoint about which nothing is known, the latency is taken to be that of the other. */
function expectedWait(endpoint: Endpoint, other: Endpoint, now: number): number {
  const unknown = loadOf(other).isKnown ? loadOf(other).latency(now, 1) : 1;
  const load = loadOf(endpoint);
  return (load.latency(now, unknown) * (load.inFlight + 1)) / endpoint.weight;
}

const underWay: Cost = (endpoint) => (loadOf(endpoint).inFlight + 1) / endpoint.weight;

class TwoChoices implements LoadBalancer {
  readonly #cost: Cost | undefined;

  constructor(cost: Cost | undefined) {
    this.#cost = cost;
  }

  over(endpoints: readonly Endpoint[]): Picker {
    return new Choice(endpoints, this.#cost);
  }
}

class Choice implements Picker {
  readonly #endpoints: readonly Endpoint[];
  readonly #cost: Cost | undefined;
  readonly #draw: WeightedDraw;

  constructor(endpoints: readonly Endpoint[], cost: Cost | undefined) {
    this.#endpoints = endpoints;
    this.#cost = cost;
    this.#draw = new WeightedDraw(endpoints.map(({ weight }) => weight));
  }

  pick(): Endpoint {
    const endpoints = this.#endpoints;
    const first = this.#draw.next();
    if (this.#cost === undefined) return endpoints[first]!;
    let second = this.#draw.next();
    if (second === first) second = (first + 1) % endpoints.length;
    return better(endpoints[first]!, endpoints[second]!, this.#cost);
  }

  another(_x: unknown, tried: readonly Endpoint[]): Endpoint | undefined {
    const others = untried(this.#endpoints, tried);
    return others.length === 0 ? undefined : new Choice(others, this.#cost).pick();
  }
}

function better(first: Endpoint, second: Endpoint, cost: Cost): Endpoint {
  const now = clock.monotonic();
  return cost(second, first, now) < cost(first, second, now) ? second : first;
}
