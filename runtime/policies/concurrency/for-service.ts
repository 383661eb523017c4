import type { Exchange } from "../../exchange/exchange.ts";
import { Concurrency, type ConcurrencyConfig } from "./index.ts";

export interface ServiceConcurrencyConfig extends ConcurrencyConfig {
  /** Only requests that go to it are counted, whoever chose it. */
  readonly service: string;
}

export const createServiceConcurrency = (config: ServiceConcurrencyConfig): ServiceConcurrency => new ServiceConcurrency(config);

/** The limit of a service, in front of every operation that may forward to it. */
export class ServiceConcurrency extends Concurrency {
  readonly #service: string;

  constructor(config: ServiceConcurrencyConfig) {
    super(config);
    this.#service = config.service;
  }

  override request(x: Exchange): boolean | Promise<boolean> {
    return (x.target?.name ?? x.operation.service) === this.#service && super.request(x);
  }
}
