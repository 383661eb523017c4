import type { Endpoint } from "../endpoint.ts";
import { type LoadBalancer, type Picker, untried } from "../load-balancer.ts";

/** Weights are scaled so that the heaviest is this. */
const most = 0xffff;

/**
 * Weighted round robin by a static stride (gRFC A58): each endpoint is passed over in a fixed share of the rounds, so that a
 * turn costs the same however many there are, and the turns of a heavy one are spread out. The number of the turn goes on
 * when endpoints or weights change: whoever has a small weight is not started over each time. It begins where chance says, so
 * that instances which start together do not all begin with the same endpoint.
 */
export function createRoundRobin(): LoadBalancer {
  let turn = Math.floor(Math.random() * 0x1_0000_0000);
  const next = (): number => {
    turn = (turn + 1) >>> 0;
    return turn;
  };
  return { over: (endpoints) => new Turns(endpoints, next) };
}

class Turns implements Picker {
  readonly #endpoints: readonly Endpoint[];
  readonly #weights: readonly number[];
  readonly #next: () => number;

  constructor(endpoints: readonly Endpoint[], next: () => number) {
    const heaviest = Math.max(...endpoints.map(({ weight }) => weight));
    this.#endpoints = endpoints;
    this.#weights = endpoints.map(({ weight }) => Math.max(1, Math.round((weight / heaviest) * most)));
    this.#next = next;
  }

  pick(): Endpoint {
    const count = this.#endpoints.length;
    // The heaviest takes each of its turns.
    for (;;) {
      const turn = this.#next();
      const index = turn % count;
      const weight = this.#weights[index]!;
      const round = Math.floor(turn / count);
      // Halfway from each other, so that two of the same weight are not passed over in the same round.
      if ((weight * round + (index * most) / 2) % most < most - weight) continue;
      return this.#endpoints[index]!;
    }
  }

  another(_x: unknown, tried: readonly Endpoint[]): Endpoint | undefined {
    const others = untried(this.#endpoints, tried);
    return others.length === 0 ? undefined : new Turns(others, this.#next).pick();
  }
}
