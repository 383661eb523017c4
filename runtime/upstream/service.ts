import { Deadlines } from "./deadlines.ts";
import { Endpoint } from "./endpoint.ts";
import { PoolParts } from "./origin-pool.ts";

export interface ServiceConfig {
  readonly name: string;
  readonly endpoints: readonly { readonly url: string; readonly weight: number }[];
  readonly loadBalancer: { readonly algorithm: "roundRobin" };
  /** Milliseconds: until a connection stands, and until the head of an answer. */
  readonly timeout: { readonly connect: number; readonly response: number };
  readonly required: boolean;
}

/** Throws a `StartError` where an endpoint cannot be used. */
export const createService = (config: ServiceConfig): Service => new Service(config);

/** What the gateway forwards to: endpoints in turn. */
export class Service {
  readonly name: string;
  /** `/readyz` says no while no endpoint can be reached. */
  readonly required: boolean;
  /** Milliseconds. */
  readonly responseTimeout: number;
  /** Milliseconds. */
  readonly connectTimeout: number;
  readonly endpoints: readonly Endpoint[];
  readonly deadlines = new Deadlines();
  /** Of tunnels, which are many, long and not in a hurry; made for the first of them. */
  tunnelDeadlines: Deadlines | undefined = undefined;

  constructor(config: ServiceConfig) {
    this.name = config.name;
    this.required = config.required;
    this.responseTimeout = config.timeout.response;
    this.connectTimeout = config.timeout.connect;
    // Idle connections: below the idle time of common servers (5 s in node:http), so that fewer requests meet a closing one.
    const limits = { connections: 1_024, pending: 4_096, connectMs: config.timeout.connect, idleMs: 4_000 };
    const parts = new PoolParts();
    this.endpoints = config.endpoints.map(({ url, weight }) => new Endpoint(config.name, url, weight, limits, parts));
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
