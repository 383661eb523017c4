import type { Exchange, UpstreamRequest } from "../../exchange/exchange.ts";
import type { SecurityStep } from "./security-step.ts";

/** A step that does something more around another one: who extends it says what, and nothing of the rest. */
export abstract class AroundSecurity implements SecurityStep {
  readonly #security: SecurityStep;

  constructor(security: SecurityStep) {
    this.#security = security;
  }

  request(x: Exchange): boolean | Promise<boolean> {
    return this.#security.request(x);
  }

  upstreamRequest(x: Exchange, upstream: UpstreamRequest): void {
    this.#security.upstreamRequest(x, upstream);
  }

  done(x: Exchange): void {
    this.#security.done?.(x);
  }
}
