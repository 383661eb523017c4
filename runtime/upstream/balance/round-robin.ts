import type { Endpoint } from "../endpoint.ts";
import type { LoadBalancer } from "../load-balancer.ts";

/** Smooth weighted round robin: the turns of a heavy endpoint are spread out. */
export const createRoundRobin = (): LoadBalancer => ({
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
