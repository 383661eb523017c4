import type { Exchange, ForwardTarget } from "../../exchange/exchange.ts";

export interface RouteToConfig {
  readonly service: ForwardTarget;
}

export const createRouteTo = (config: RouteToConfig): RouteTo => new RouteTo(config.service);

class RouteTo {
  readonly #service: ForwardTarget;

  constructor(service: ForwardTarget) {
    this.#service = service;
  }

  /** The first one decides. */
  request(x: Exchange): void {
    x.target ??= this.#service;
  }
}
