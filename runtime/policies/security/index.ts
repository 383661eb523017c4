import type { Authentication, Exchange, Presence, SecurityScheme, UpstreamRequest } from "../../exchange/exchange.ts";
import { assertSettled } from "./refusals.ts";
import { Requirements, type Results, type SecurityConfig } from "./requirements.ts";

export { type ConcealmentConfig, createConcealment } from "./concealment.ts";
export { createSinglePresence, type SinglePresenceConfig } from "./presence.ts";
export type { SchemeUse, SecurityConfig } from "./requirements.ts";
export { createSingleSecurity, type SingleSecurityConfig } from "./single.ts";

/** Requirements of synchronous schemes only. */
export const createSecurity = (config: SecurityConfig<Authentication | Presence>): Security => new Security(config);

/** Requirements among whose schemes is an asynchronous one. */
export const createAsyncSecurity = (config: SecurityConfig): AsyncSecurity => new AsyncSecurity(config);

class Security {
  readonly #requirements: Requirements;
  readonly #schemes: readonly SecurityScheme<Authentication | Presence>[];

  constructor(config: SecurityConfig<Authentication | Presence>) {
    this.#requirements = new Requirements(config);
    // The same schemes that the config names, all of them synchronous.
    this.#schemes = this.#requirements.schemes as readonly SecurityScheme<Authentication | Presence>[];
  }

  request(x: Exchange): boolean {
    const results: Results = [];
    for (let next = this.#requirements.nextScheme(results); next >= 0; next = this.#requirements.nextScheme(results)) {
      const scheme = this.#schemes[next]!;
      const result = scheme.authenticate(x);
      assertSettled(scheme, result);
      results[next] = result;
    }
    return this.#requirements.settle(x, results);
  }

  upstreamRequest(_x: Exchange, upstream: UpstreamRequest): void {
    this.#requirements.conceal(upstream);
  }
}

class AsyncSecurity {
  readonly #requirements: Requirements;

  constructor(config: SecurityConfig) {
    this.#requirements = new Requirements(config);
  }

  async request(x: Exchange): Promise<boolean> {
    const results: Results = [];
    for (let next = this.#requirements.nextScheme(results); next >= 0; next = this.#requirements.nextScheme(results)) {
      results[next] = await this.#requirements.schemes[next]!.authenticate(x);
      // A scheme that reads the body may have been too much for somebody: the answer is there, and is not a verdict. Of a
      // client that left meanwhile nobody knows what it would have shown.
      if (x.answer !== undefined || x.isDone) return true;
    }
    return this.#requirements.settle(x, results);
  }

  upstreamRequest(_x: Exchange, upstream: UpstreamRequest): void {
    this.#requirements.conceal(upstream);
  }
}
