import type { Exchange } from "../../exchange/exchange.ts";
import type { Damping } from "../../identity/damping/damping.ts";
import { AroundSecurity } from "./around.ts";
import type { SecurityStep } from "./security-step.ts";

export interface DampedSecurityConfig {
  readonly security: SecurityStep;
  readonly damping: Damping;
}

export const createDampedSecurity = (config: DampedSecurityConfig): DampedSecurity => new DampedSecurity(config);

/** Slows those whose credentials are wrong, behind the verdict: whose are right never wait. */
class DampedSecurity extends AroundSecurity {
  readonly #damping: Damping;

  constructor({ security, damping }: DampedSecurityConfig) {
    super(security);
    this.#damping = damping;
  }

  override request(x: Exchange): boolean | Promise<boolean> {
    const refused = super.request(x);
    if (refused === false) return false;
    return refused === true ? this.#damping.slow(x) : this.#later(x, refused);
  }

  async #later(x: Exchange, refused: Promise<boolean>): Promise<boolean> {
    return (await refused) && this.#damping.slow(x);
  }
}
