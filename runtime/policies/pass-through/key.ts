import type { Exchange, Presence, SecurityScheme, UpstreamRequest } from "../../exchange/exchange.ts";
import { keepClaims } from "../../fields/keep-claims.ts";
import { presentedKey } from "../../identity/presented-key.ts";

export interface KeyPresenceConfig {
  /** Name of the security scheme. */
  readonly name: string;
  readonly in: "header" | "query" | "cookie";
  /** Name of the header (lower case), query parameter or cookie. */
  readonly parameter: string;
  readonly challenge: string;
}

/** A key in a header, query parameter or cookie, once and not empty, that the service verifies. */
export const createKeyPresence = (config: KeyPresenceConfig): SecurityScheme<Presence> => new KeyPresence(config);

class KeyPresence implements SecurityScheme<Presence> {
  declare readonly __resource: "identity";
  readonly name: string;
  readonly challenge: string;
  readonly grants = "roles";
  readonly #in: KeyPresenceConfig["in"];
  readonly #parameter: string;

  constructor(config: KeyPresenceConfig) {
    this.name = config.name;
    this.challenge = config.challenge;
    this.#in = config.in;
    this.#parameter = config.parameter;
  }

  authenticate(x: Exchange): Presence {
    const presented = presentedKey(x, this.#in, this.#parameter);
    if (presented === undefined) return "absent";
    return presented !== null && presented !== "" ? true : "invalid";
  }

  /** A key that is passed through goes on whatever its field is called. */
  conceal(upstream: UpstreamRequest): void {
    if (this.#in === "header") keepClaims(upstream.headers, [this.#parameter]);
  }
}
