import type { Exchange, Slot } from "../../exchange/exchange.ts";
import { ServiceConcurrency, type ServiceConcurrencyConfig } from "./for-service.ts";

export const createFallbackConcurrency = (config: ServiceConcurrencyConfig): FallbackConcurrency =>
  new FallbackConcurrency(config);

/** The limit of a service that another one may take the place of, or that takes the place of another one. */
class FallbackConcurrency extends ServiceConcurrency {
  readonly #slot: Slot;

  constructor(config: ServiceConcurrencyConfig) {
    super(config);
    this.#slot = config.slot;
  }

  /** Another service is asked now: the place at the one before is somebody else's. */
  retarget(x: Exchange): boolean | Promise<boolean> {
    this.done(x);
    x.slots[this.#slot] = undefined;
    return this.request(x);
  }
}
