import type { Endpoint } from "./endpoint.ts";

/** Whose turn it is among several endpoints. */
export interface LoadBalancer {
  pick(endpoints: readonly Endpoint[]): Endpoint;
  /**
   * An endpoint other than the one that failed, if there is one: with the same path, so that what was written for that
   * one can be sent to it.
   */
  pickOther(endpoints: readonly Endpoint[], failed: Endpoint): Endpoint;
}

/** Smooth weighted round robin: the turns of a heavy endpoint are spread out. */
export const roundRobin = (): LoadBalancer => ({
  pick,
  pickOther(endpoints, failed) {
    for (let turn = 0; turn < endpoints.length; turn++) {
      const endpoint = pick(endpoints);
      if (endpoint !== failed && endpoint.basePath === failed.basePath) return endpoint;
    }
    return failed;
  },
});

function pick(endpoints: readonly Endpoint[]): Endpoint {
  let total = 0;
  let best = endpoints[0]!;
  for (let index = 0; index < endpoints.length; index++) {
    const endpoint = endpoints[index]!;
    total += endpoint.weight;
    endpoint.credit += endpoint.weight;
    if (endpoint.credit > best.credit) best = endpoint;
  }
  best.credit -= total;
  return best;
}
