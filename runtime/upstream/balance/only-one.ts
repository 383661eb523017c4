import type { LoadBalancer } from "../load-balancer.ts";

/** Of a service with one endpoint, or with one that is left. */
export const createOnlyOne = (): LoadBalancer => ({
  over: ([endpoint]) => ({ pick: () => endpoint!, another: (_, tried) => (tried.includes(endpoint!) ? undefined : endpoint) }),
});
