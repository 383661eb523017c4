import type { Exchange, Presence, SecurityScheme, UpstreamRequest } from "../../exchange/exchange.ts";
import { unauthenticated } from "./refusals.ts";

export interface SinglePresenceConfig {
  readonly scheme: SecurityScheme<Presence>;
}

/** One scheme whose credentials the service verifies: there is no identity, and nothing to grant. */
export const createSinglePresence = (config: SinglePresenceConfig): SinglePresence => new SinglePresence(config);

class SinglePresence {
  readonly #scheme: SecurityScheme<Presence>;

  constructor(config: SinglePresenceConfig) {
    this.#scheme = config.scheme;
  }

  request(x: Exchange): boolean {
    const result = this.#scheme.authenticate(x);
    return result !== true && unauthenticated(x, [this.#scheme], [result]);
  }

  upstreamRequest(_x: Exchange, upstream: UpstreamRequest): void {
    this.#scheme.conceal(upstream);
  }
}
