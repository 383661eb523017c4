import { Endpoint } from "./endpoint.ts";

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
  readonly endpoints: readonly Endpoint[];

  constructor(config: ServiceConfig) {
    this.name = config.name;
    this.required = config.required;
    this.responseTimeout = config.timeout.response;
    this.endpoints = config.endpoints.map(({ url, weight }) => new Endpoint(config.name, url, weight, config.timeout.connect));
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

  async isReachable(): Promise<boolean> {
    const answers = await Promise.all(this.endpoints.map((endpoint) => endpoint.isReachable()));
    return answers.includes(true);
  }

  async close(): Promise<void> {
    await Promise.all(this.endpoints.map((endpoint) => endpoint.close()));
  }
}
