// By default import, so that an old Node can say that it is too old: see `process/node-version.ts`.
import crypto from "node:crypto";
import { type JsonObject, ownMember } from "./json-object.ts";

/**
 * SHA-256 thumbprint of a public key in base64url (RFC 7638 §3, RFC 8037 §2): of its required members, in the order of
 * their names. Undefined where one of them is missing or of a kind that no key has.
 */
export function thumbprint(jwk: JsonObject): string | undefined {
  const kty = ownMember(jwk, "kty");
  const names =
    kty === "EC" ? ["crv", "kty", "x", "y"] : kty === "RSA" ? ["e", "kty", "n"] : kty === "OKP" ? ["crv", "kty", "x"] : [];
  const members = names.map((name) => [name, ownMember(jwk, name)] as const);
  if (members.length === 0 || members.some(([, value]) => typeof value !== "string")) return undefined;
  return sha256(JSON.stringify(Object.fromEntries(members)));
}

/** SHA-256 of a text in base64url. */
export const sha256 = (text: string): string => crypto.hash("sha256", text, "base64url");
