import { clock } from "../../life/clock.ts";
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

export const marks: readonly Mark[] = ["unhealthy", "ejected", "draining"];

export interface PanicConfig {
  /** Share of the endpoints that can be used below which all are, whatever is said of them, from 0 to 1; 0: only where none can. */
  readonly below: number;
  /** Nothing is sent to endpoints that are said not to work; whoever comes is refused where there are no others. */
  readonly refuses: boolean;
}

/** Share beyond the bound at which panic ends, so that it does not begin again with the next change. */
const calm = 0.1;

/** The endpoints of a service, and those of them that may be chosen. */
export class EndpointSet {
  readonly #loadBalancer: LoadBalancer;
  readonly #panic: PanicConfig;
  #all: readonly Endpoint[];
  #usable: readonly Endpoint[];
  #picker: Picker | undefined;
  /** Endpoints that are said not to work get requests, as there are too few others. */
  isPanicking = false;

  constructor(endpoints: readonly Endpoint[], loadBalancer: LoadBalancer, panic: PanicConfig = { below: 0, refuses: false }) {
    this.#loadBalancer = loadBalancer;
    this.#panic = panic;
    this.#all = endpoints;
    this.#usable = endpoints;
    this.#picker = endpoints.length === 0 ? undefined : loadBalancer.over(endpoints, endpoints);
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

  /** These from now on. Those that stay keep their marks; those that are gone get no further requests, and are returned. */
  replace(endpoints: readonly Endpoint[]): readonly Endpoint[] {
    const before = new Set(this.#all);
    const now = clock.monotonic();
    // Where all are new, as at a start, nobody would be spared by a slow one.
    const isFirst = before.size === 0;
    for (const endpoint of endpoints) if (!before.delete(endpoint) && !isFirst) endpoint.backSince = now;
    for (const gone of before) gone.marks |= bits.draining;
    this.#all = endpoints;
    this.#choose();
    return [...before];
  }

  has(endpoint: Endpoint, mark: Mark): boolean {
    return (endpoint.marks & bits[mark]) !== 0;
  }

  mark(endpoint: Endpoint, mark: Mark, isSet: boolean): void {
    if (this.has(endpoint, mark) === isSet) return;
    endpoint.marks ^= bits[mark];
    if (endpoint.marks === 0) endpoint.backSince = clock.monotonic();
    // Checks have seen it work: what requests met before does not keep them away for longer.
    if (mark === "unhealthy" && !isSet) endpoint.load?.forget();
    this.#choose();
  }

  #choose(): void {
    this.#usable = this.#all.filter(({ marks }) => marks === 0);
    // What is about to end gets nothing, however few are left.
    const staying = this.#all.filter((endpoint) => !this.has(endpoint, "draining"));
    const share = staying.length === 0 ? 1 : this.#usable.length / staying.length;
    const { below, refuses } = this.#panic;
    this.isPanicking = !refuses && (share === 0 || share < below + (this.isPanicking ? calm : 0)) && share < 1;
    const chosen = this.isPanicking ? staying : this.#usable;
    this.#picker = chosen.length === 0 ? undefined : this.#loadBalancer.over(chosen, staying);
  }
}
