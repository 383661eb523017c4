import type { Exchange, Presence, SecurityScheme } from "../../exchange/exchange.ts";
import { type AuthorizationConfig, credentialsOf } from "./authorization.ts";

/** A user and a password (RFC 7617 §2) that the service verifies. */
export const createBasicPresence = (config: AuthorizationConfig): SecurityScheme<Presence> => new BasicPresence(config);

class BasicPresence implements SecurityScheme<Presence> {
  declare readonly __resource: "identity";
  readonly name: string;
  readonly challenge: string;
  readonly grants = "roles";

  constructor({ name, challenge }: AuthorizationConfig) {
    this.name = name;
    this.challenge = challenge;
  }

  authenticate(x: Exchange): Presence {
    const pair = credentialsOf(x, "basic");
    if (pair === undefined) return "absent";
    return pair !== null && isUserPass(pair) ? true : "invalid";
  }

  conceal(): void {
    // The service needs the credential to verify it.
  }
}

/** Padded base64 of text without control characters in which a colon separates user and password. */
function isUserPass(encoded: string): boolean {
  if (encoded.length === 0 || encoded.length % 4 !== 0) return false;
  const decoded = Buffer.from(encoded, "base64");
  // Node skips what is not base64, and takes unpadded and URL-safe text: only the one right spelling comes back the same.
  if (decoded.toString("base64") !== encoded) return false;
  let hasColon = false;
  for (const byte of decoded) {
    if (byte < 0x20 || byte === 0x7f) return false;
    if (byte === 0x3a) hasColon = true;
  }
  return hasColon;
}
