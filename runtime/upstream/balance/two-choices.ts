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

/** Whether a request is better off there than with the endpoint that was drawn first. */
type IsBetter = (endpoint: Endpoint, first: Endpoint) => boolean;

function expectedWait(endpoint: Endpoint, first: Endpoint): boolean {
  const now = clock.monotonic();
  const latency = latencyOf(endpoint, first, now);
  return isBetter(
    endpoint,
    latency,
    waitingAt(endpoint, first, now),
    first,
    latencyOf(first, endpoint, now),
    waitingAt(first, endpoint, now),
  );
}

const underWay: IsBetter = (endpoint, first) =>
  isBetter(endpoint, 1, loadOf(endpoint).inFlight, first, 1, loadOf(first).inFlight);

/** Of an endpoint about which nothing is known, the latency is taken to be that of the other. */
function latencyOf(endpoint: Endpoint, other: Endpoint, now: number): number {
  const unknown = loadOf(other).isKnown ? loadOf(other).latency(now, 1) : 1;
  return loadOf(endpoint).latency(now, unknown);
}

/** Nothing is ever under way where everything fails at once: that must not attract requests. */
function waitingAt(endpoint: Endpoint, other: Endpoint, now: number): number {
  const load = loadOf(endpoint);
  return load.isFailing(now) ? Math.max(load.inFlight, loadOf(other).inFlight) : load.inFlight;
}

/**
 * Once the request is there, and where weights differ before as well: chance has drawn by weight, and where little is under way
 * a light endpoint that was drawn would give each of its requests to a heavy one.
 */
function isBetter(endpoint: Endpoint, ms: number, count: number, first: Endpoint, firstMs: number, firstCount: number): boolean {
  const { weight } = endpoint;
  const { weight: firstWeight } = first;
  if ((ms * (count + 1)) / weight >= (firstMs * (firstCount + 1)) / firstWeight) return false;
  if (weight === firstWeight) return true;
  const mean = (weight + firstWeight) / 2;
  return ms * ((count * mean) / weight + 1) < firstMs * ((firstCount * mean) / firstWeight + 1);
}

class TwoChoices implements LoadBalancer {
  readonly #isBetter: IsBetter | undefined;

  constructor(isBetter: IsBetter | undefined) {
    this.#isBetter = isBetter;
  }

  over(endpoints: readonly Endpoint[]): Picker {
    return new Choice(endpoints, this.#isBetter);
  }
}

class Choice implements Picker {
  readonly #endpoints: readonly Endpoint[];
  readonly #isBetter: IsBetter | undefined;
  readonly #draw: WeightedDraw;

  constructor(endpoints: readonly Endpoint[], isBetter: IsBetter | undefined) {
    this.#endpoints = endpoints;
    this.#isBetter = isBetter;
    this.#draw = new WeightedDraw(endpoints.map(({ weight }) => weight));
  }

  pick(): Endpoint {
    const endpoints = this.#endpoints;
    const first = this.#draw.next();
    if (this.#isBetter === undefined) return endpoints[first]!;
    let second = this.#draw.next();
    if (second === first) second = (first + 1) % endpoints.length;
    return this.#isBetter(endpoints[second]!, endpoints[first]!) ? endpoints[second]! : endpoints[first]!;
  }

  another(_x: unknown, tried: readonly Endpoint[]): Endpoint | undefined {
    const others = untried(this.#endpoints, tried);
    return others.length === 0 ? undefined : new Choice(others, this.#isBetter).pick();
  }
}
