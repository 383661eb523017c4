import type { Authentication, Exchange, SecurityScheme, UpstreamRequest } from "../../exchange/exchange.ts";
import { assertSettled, unauthenticated } from "./refusals.ts";

export interface SingleSecurityConfig {
  readonly scheme: SecurityScheme<Authentication>;
}

/** The common case: one scheme, which has to vouch for the client, and no roles or scopes. */
export const createSingleSecurity = (config: SingleSecurityConfig): SingleSecurity => new SingleSecurity(config);

class SingleSecurity {
  readonly #scheme: SecurityScheme<Authentication>;
  readonly #challenges: readonly string[];

  constructor(config: SingleSecurityConfig) {
    this.#scheme = config.scheme;
    this.#challenges = [config.scheme.challenge];
  }

  request(x: Exchange): boolean {
    const result = this.#scheme.authenticate(x);
    if (typeof result === "string") return unauthenticated(x, this.#challenges, result === "invalid");
    assertSettled(this.#scheme, result);
    x.identity = result;
    return false;
  }

  upstreamRequest(_x: Exchange, upstream: UpstreamRequest): void {
    this.#scheme.conceal(upstream);
  }
}
