import type { Exchange, SecurityScheme, UpstreamRequest } from "../../exchange/exchange.ts";
import type { SecurityStep } from "./security-step.ts";

export interface SettledSecurityConfig {
  readonly security: SecurityStep;
  /** Those that settle something when the exchange is over. */
  readonly schemes: readonly SecurityScheme[];
}

export const createSettledSecurity = (config: SettledSecurityConfig): SettledSecurity => new SettledSecurity(config);

class SettledSecurity {
  readonly #security: SecurityStep;
  readonly #schemes: readonly SecurityScheme[];

  constructor({ security, schemes }: SettledSecurityConfig) {
    this.#security = security;
    this.#schemes = schemes;
  }

  request(x: Exchange): boolean | Promise<boolean> {
    return this.#security.request(x);
  }

  upstreamRequest(x: Exchange, upstream: UpstreamRequest): void {
    this.#security.upstreamRequest(x, upstream);
  }

  done(x: Exchange): void {
    for (const scheme of this.#schemes) scheme.done?.(x);
  }
}
