import type { Endpoint } from "../endpoint.ts";
import type { LoadBalancer, Picker } from "../load-balancer.ts";

/** Why an endpoint gets no requests. */
export type Mark = keyof typeof bits;

const bits = {
  /** Active health checks say that it does not work. */
  unhealthy: 1,
  /** Requests that went to it failed. */
  ejected: 2,
  /** Discovery says that it is about to end. */
  draining: 4,
} as const;

/** The endpoints of a service, and those of them that may be chosen. */
export class EndpointSet {
  readonly #loadBalancer: LoadBalancer;
  readonly #listeners: (() => void)[] = [];
  #all: readonly Endpoint[];
  #usable: readonly Endpoint[];
  #picker: Picker | undefined;

  constructor(endpoints: readonly Endpoint[], loadBalancer: LoadBalancer) {
    this.#loadBalancer = loadBalancer;
    this.#all = endpoints;
    this.#usable = endpoints;
    this.#picker = loadBalancer.over(endpoints);
  }

  get all(): readonly Endpoint[] {
    return this.#all;
  }

  /** Those without a mark. */
  get usable(): readonly Endpoint[] {
    return this.#usable;
  }

  /** Among those that may be chosen; undefined where there are none. */
  get picker(): Picker | undefined {
    return this.#picker;
  }

  has(endpoint: Endpoint, mark: Mark): boolean {
    return (endpoint.marks & bits[mark]) !== 0;
  }

  mark(endpoint: Endpoint, mark: Mark, isSet: boolean): void {
    if (this.has(endpoint, mark) === isSet) return;
    endpoint.marks ^= bits[mark];
    this.#choose();
  }

  /** `listener` hears of each change of endpoints or marks. */
  onChange(listener: () => void): void {
    this.#listeners.push(listener);
  }

  #choose(): void {
    this.#usable = this.#all.filter(({ marks }) => marks === 0);
    this.#picker = this.#usable.length === 0 ? undefined : this.#loadBalancer.over(this.#usable);
    for (const listener of this.#listeners) listener();
  }
}
