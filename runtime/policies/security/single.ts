import type { Authentication, Exchange, SecurityScheme, UpstreamRequest } from "../../exchange/exchange.ts";
import { assertSettled, unauthenticated, unverifiable } from "./refusals.ts";

export interface SingleSecurityConfig {
  readonly scheme: SecurityScheme<Authentication>;
}

/** The common case: one scheme, which has to vouch for the client, and no roles or scopes. */
export const createSingleSecurity = (config: SingleSecurityConfig): SingleSecurity => new SingleSecurity(config);

class SingleSecurity {
  readonly #scheme: SecurityScheme<Authentication>;

  constructor(config: SingleSecurityConfig) {
    this.#scheme = config.scheme;
  }

  request(x: Exchange): boolean {
    const result = this.#scheme.authenticate(x);
    if (typeof result === "object" && result.subject !== undefined) {
      x.identity = result;
      return false;
    }
    assertSettled(this.#scheme, result);
    return typeof result === "object" && result.rejected === "unavailable"
      ? unverifiable(x, result)
      : unauthenticated(x, [this.#scheme], [result]);
  }

  upstreamRequest(_x: Exchange, upstream: UpstreamRequest): void {
    this.#scheme.conceal(upstream);
  }
}
