import type { Exchange, Slot } from "../../exchange/exchange.ts";
import { ServiceAuthentication, type ServiceAuthenticationConfig } from "./service-authentication.ts";

export const createFallbackAuthentication = (config: ServiceAuthenticationConfig): FallbackAuthentication =>
  new FallbackAuthentication(config);

/** Where one of the services may take the place of another. */
class FallbackAuthentication extends ServiceAuthentication {
  readonly #slot: Slot;

  constructor(config: ServiceAuthenticationConfig) {
    super(config);
    this.#slot = config.slot;
  }

  /** Another service is asked now, which never gets what was meant for the one before. */
  retarget(x: Exchange): boolean | Promise<boolean> {
    x.slots[this.#slot] = undefined;
    return this.request(x);
  }
}
