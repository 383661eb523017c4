import type { Exchange, SecurityScheme } from "../../exchange/exchange.ts";
import { AroundSecurity } from "./around.ts";
import type { SecurityStep } from "./security-step.ts";

export interface SettledSecurityConfig {
  readonly security: SecurityStep;
  /** Those that settle something when the exchange is over. */
  readonly schemes: readonly SecurityScheme[];
}

export const createSettledSecurity = (config: SettledSecurityConfig): SettledSecurity => new SettledSecurity(config);

class SettledSecurity extends AroundSecurity {
  readonly #schemes: readonly SecurityScheme[];

  constructor({ security, schemes }: SettledSecurityConfig) {
    super(security);
    this.#schemes = schemes;
  }

  override done(x: Exchange): void {
    super.done(x);
    for (const scheme of this.#schemes) scheme.done?.(x);
  }
}
