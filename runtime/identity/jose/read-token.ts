import { base64urlInScratch } from "./base64url.ts";
import type { HeaderMemory } from "./header-memory.ts";
import { type JsonObject, jsonObject } from "./json-object.ts";
import { type Jws, readJws, type TokenHeader } from "./read-jws.ts";

/** A JWT whose form is right. Nothing it says is true before its signature was verified. */
export interface UnverifiedToken extends Omit<Jws, "payload"> {
  /** Inherits nothing: a claim that is absent is undefined, whatever its name. */
  readonly claims: JsonObject;
}

export type { TokenHeader };

/**
 * Reads a JWT that is a JWS in compact serialisation (RFC 7519 §7.2), as strictly as `readJws`: its claims, too, are an
 * object each of whose members comes once. A text: why it is none, in a sentence for clients and logs that holds nothing
 * of the token.
 */
export function readToken(text: string, headers?: HeaderMemory): UnverifiedToken | string {
  const jws = readJws(text, headers, base64urlInScratch);
  if (typeof jws === "string") return jws;
  const { header, payload, signed, signature } = jws;
  const claims = jsonObject(payload);
  if (claims === undefined) return "The claims of the token are not a JSON object whose members all differ.";
  return { header, claims, signed, signature };
}
