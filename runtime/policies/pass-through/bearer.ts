import type { Exchange, Presence, SecurityScheme } from "../../exchange/exchange.ts";
import { type AuthorizationConfig, credentialsOf, isToken68 } from "./authorization.ts";

/** A bearer token (RFC 6750 §2.1) that the service verifies. */
export const createBearerPresence = (config: AuthorizationConfig): SecurityScheme<Presence> => new BearerPresence(config);

class BearerPresence implements SecurityScheme<Presence> {
  declare readonly __resource: "identity";
  readonly name: string;
  readonly challenge: string;
  readonly grants = "scopes";

  constructor({ name, challenge }: AuthorizationConfig) {
    this.name = name;
    this.challenge = challenge;
  }

  authenticate(x: Exchange): Presence {
    const token = credentialsOf(x, "bearer");
    if (token === undefined) return "absent";
    return token !== null && isToken68(token) ? true : "invalid";
  }

  conceal(): void {
    // The service needs the credential to verify it.
  }
}
