import { clock } from "../../life/clock.ts";
import type { Endpoint } from "../endpoint.ts";
import type { LoadBalancer } from "../load-balancer.ts";
import { loadOf } from "./balanced-service.ts";
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
  #draw: WeightedDraw | undefined = undefined;

  constructor(cost: Cost | undefined) {
    this.#cost = cost;
  }

  pick(endpoints: readonly Endpoint[]): Endpoint {
    // The endpoints of a service are the same from its begin to its end.
    this.#draw ??= new WeightedDraw(endpoints.map(({ weight }) => weight));
    const first = endpoints[this.#draw.next()]!;
    if (this.#cost === undefined) return first;
    let second = endpoints[this.#draw.next()]!;
    if (second === first) second = endpoints[(endpoints.indexOf(first) + 1) % endpoints.length]!;
    return this.#better(first, second, this.#cost);
  }

  #better(first: Endpoint, second: Endpoint, cost: Cost): Endpoint {
    const now = clock.monotonic();
    return cost(second, first, now) < cost(first, second, now) ? second : first;
  }

  pickOther(endpoints: readonly Endpoint[], failed: Endpoint): Endpoint {
    const others = endpoints.filter((one) => one !== failed && one.basePath === failed.basePath);
    if (others.length < 2) return others[0] ?? failed;
    const first = others[Math.floor(Math.random() * others.length)]!;
    const second = others[(others.indexOf(first) + 1) % others.length]!;
    return this.#cost === undefined ? first : this.#better(first, second, this.#cost);
  }
}
