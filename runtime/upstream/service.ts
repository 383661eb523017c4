import type { ForwardTarget } from "../exchange.ts";
import type { CarrierPoolFactory } from "./carrier.ts";
import { Deadlines } from "./deadlines.ts";
import { Endpoint } from "./endpoint.ts";
import type { ServiceNames } from "./names.ts";
import { OriginPool, PoolParts } from "./origin-pool.ts";
import type { ServiceTls } from "./tls.ts";
import { TrailerFilter } from "./trailers.ts";

export interface ServiceConfig {
  readonly name: string;
  readonly endpoints: readonly { readonly url: string; readonly weight: number }[];
  readonly loadBalancer: { readonly algorithm: "roundRobin" };
  /** Milliseconds: until a connection stands, and until the head of an answer. */
  readonly timeout: { readonly connect: number; readonly response: number };
  /**
   * Bounds for each endpoint, in each worker: connections, requests that wait for one, milliseconds that an unused one is
   * kept, and requests on one connection at the same time, which only HTTP/2 has.
   */
  readonly connections: { readonly max: number; readonly pending: number; readonly idle: number; readonly streams: number };
  readonly required: boolean;
  /** Where an endpoint is `https`. */
  readonly tls?: ServiceTls;
  /** Where the host of an endpoint is a name. */
  readonly names?: ServiceNames;
  /** Where the service speaks another version than HTTP/1.1. */
  readonly protocol?: CarrierPoolFactory;
}

/** Throws a `StartError` where an endpoint cannot be used. */
export const createService = (config: ServiceConfig): Service => new Service(config);

/** What the gateway forwards to: endpoints in turn. */
export class Service implements ForwardTarget {
  declare readonly __service: true;
  readonly name: string;
  /** `/readyz` says no while no endpoint can be reached. */
  readonly required: boolean;
  /** Milliseconds. */
  readonly responseTimeout: number;
  /** Milliseconds. */
  readonly connectTimeout: number;
  readonly endpoints: readonly Endpoint[];
  readonly deadlines = new Deadlines();
  readonly trailers = new TrailerFilter();
  /** Of tunnels, which are many, long and not in a hurry; made for the first of them. */
  tunnelDeadlines: Deadlines | undefined = undefined;

  constructor(config: ServiceConfig) {
    this.name = config.name;
    this.required = config.required;
    this.responseTimeout = config.timeout.response;
    this.connectTimeout = config.timeout.connect;
    const { max, pending, idle, streams } = config.connections;
    const limits = { connections: max, pending, streams, connectMs: config.timeout.connect, idleMs: idle };
    const parts = new PoolParts();
    const pool: CarrierPoolFactory = config.protocol ?? ((connector, bounds) => new OriginPool(parts, connector, bounds));
    this.endpoints = config.endpoints.map(({ url, weight }) => new Endpoint(config, url, weight, limits, pool));
  }

  /** Smooth weighted round robin: the turns of a heavy endpoint are spread out. Undefined where there is none. */
  pick(): Endpoint | undefined {
    const { endpoints } = this;
    if (endpoints.length < 2) return endpoints[0];
    let total = 0;
    let best: Endpoint | undefined;
    for (let index = 0; index < endpoints.length; index++) {
      const endpoint = endpoints[index]!;
      total += endpoint.weight;
      endpoint.credit += endpoint.weight;
      if (best === undefined || endpoint.credit > best.credit) best = endpoint;
    }
    if (best !== undefined) best.credit -= total;
    return best;
  }

  /**
   * An endpoint other than the one that failed, if there is one: with the same path, so that what was written for that
   * one can be sent to it.
   */
  pickOther(failed: Endpoint | undefined): Endpoint | undefined {
    for (let turn = 0; turn < this.endpoints.length; turn++) {
      const endpoint = this.pick();
      if (endpoint !== failed && endpoint?.basePath === failed?.basePath) return endpoint;
    }
    return failed;
  }

  async isReachable(): Promise<boolean> {
    const answers = await Promise.all(this.endpoints.map((endpoint) => endpoint.isReachable()));
    return answers.includes(true);
  }

  close(): void {
    for (const endpoint of this.endpoints) endpoint.close();
  }
}
