import type { JsonObject } from "../jose/json-object.ts";
import { isJsonObject, ownMember } from "../jose/json-object.ts";

/** Names on the way into the claims. */
export type ClaimPath = readonly string[];

/** Undefined where nothing is there. */
export function claimAt(claims: JsonObject, path: ClaimPath): unknown {
  let value: unknown = claims;
  for (const name of path) {
    if (!isJsonObject(value)) return undefined;
    value = ownMember(value, name);
  }
  return value;
}

/** A text that is not empty. Undefined: there is none. Null: there is something else. */
export function textAt(claims: JsonObject, path: ClaimPath): string | undefined | null {
  const value = claimAt(claims, path);
  return value === undefined ? undefined : typeof value === "string" && value !== "" ? value : null;
}

/**
 * A list of texts. Null: there is something else. Text is never searched: it is one entry, or several with blanks
 * between them (RFC 6749 §3.3).
 */
export function listAt(claims: JsonObject, path: ClaimPath, isSplit: boolean): readonly string[] | null {
  const value = claimAt(claims, path);
  if (value === undefined) return [];
  if (typeof value === "string") return isSplit ? value.split(" ").filter((one) => one !== "") : [value];
  return Array.isArray(value) && value.every((one) => typeof one === "string") ? value : null;
}

/**
 * The issuer left the claim out, as it would have been too long, and says where else it is (OpenID Connect Core §5.6.2;
 * Entra ID does so with many groups). What is not known must not pass for nothing.
 */
export function isElsewhere(claims: JsonObject, path: ClaimPath): boolean {
  const { _claim_names: elsewhere } = claims;
  return isJsonObject(elsewhere) && ownMember(elsewhere, path[0]!) !== undefined;
}
