import { randomUUID } from "node:crypto";
import type { StartValue } from "../../exchange/exchange.ts";
import { currentSecret, type FollowedSecret } from "../../files/followed-secret.ts";
import { clock } from "../../life/clock.ts";
import type { SigningKeys } from "../signing/signing-keys.ts";

/** How the gateway says to a token endpoint who it is. */
export type ClientAuthentication = { readonly id: StartValue | string } & (
  | { readonly secret: StartValue | FollowedSecret; readonly method: "basic" | "post" }
  | { readonly keys: SigningKeys; readonly audience: StartValue | string }
);

/** Milliseconds that an assertion is valid for. */
const assertionMs = 60_000;

/** Adds it to the parameters of the request; returns what else its head has. */
export function authenticateClient(client: ClientAuthentication, parameters: URLSearchParams): Readonly<Record<string, string>> {
  const { id } = client;
  if ("secret" in client && client.method === "basic") {
    // Both are encoded before they are joined (RFC 6749 §2.3.1).
    const credentials = `${formEncoded(id)}:${formEncoded(currentSecret(client.secret))}`;
    return { authorization: `Basic ${Buffer.from(credentials).toString("base64")}` };
  }
  parameters.set("client_id", id);
  if ("secret" in client) parameters.set("client_secret", currentSecret(client.secret));
  else {
    const now = Math.floor(clock.wall() / 1_000);
    const times = { iat: now, exp: now + assertionMs / 1_000 };
    // RFC 7523 §3.
    const assertion = client.keys.sign(JSON.stringify({ iss: id, sub: id, aud: client.audience, jti: randomUUID(), ...times }));
    parameters.set("client_assertion_type", "urn:ietf:params:oauth:client-assertion-type:jwt-bearer");
    parameters.set("client_assertion", assertion);
  }
  return {};
}

const formEncoded = (text: string): string => new URLSearchParams([["", text]]).toString().slice(1);
