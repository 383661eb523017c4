import type { Exchange, SecurityScheme, UpstreamRequest } from "../../exchange/exchange.ts";
import { createAsyncSecurity, type SecurityConfig } from "./index.ts";
import { Requirements } from "./requirements.ts";

/** Requirements among whose schemes is one that settles something when the exchange is over. */
export const createSettledSecurity = (config: SecurityConfig): SettledSecurity => new SettledSecurity(config);

class SettledSecurity {
  readonly #security: ReturnType<typeof createAsyncSecurity>;
  readonly #settling: readonly SecurityScheme[];

  constructor(config: SecurityConfig) {
    this.#security = createAsyncSecurity(config);
    this.#settling = new Requirements(config).schemes.filter((scheme) => scheme.done !== undefined);
  }

  request(x: Exchange): Promise<boolean> {
    return this.#security.request(x);
  }

  upstreamRequest(x: Exchange, upstream: UpstreamRequest): void {
    this.#security.upstreamRequest(x, upstream);
  }

  done(x: Exchange): void {
    for (const scheme of this.#settling) scheme.done!(x);
  }
}
