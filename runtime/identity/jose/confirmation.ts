import { isJsonObject, type JsonObject, ownMember } from "./json-object.ts";

/** What a client has to prove beside presenting its token (RFC 7800). */
export interface Confirmation {
  /** Thumbprint of the key that signs DPoP proofs (RFC 9449 §6.1). */
  readonly jkt: string | undefined;
  /** Thumbprint of the client certificate (RFC 8705 §3.1). */
  readonly x5t: string | undefined;
}

/**
 * What a token is bound to; undefined: to nothing, so that whoever has it may present it. A text: why the binding cannot
 * be judged. A token that is bound in an unknown way counts for nobody.
 */
export function readConfirmation(claims: JsonObject): Confirmation | undefined | string {
  const cnf = ownMember(claims, "cnf");
  if (cnf === undefined) return undefined;
  if (!isJsonObject(cnf)) return "The claim `cnf` of the token is not an object.";
  const names = Object.keys(cnf);
  if (names.length === 0 || names.some((name) => name !== "jkt" && name !== "x5t#S256"))
    return "The token is bound to its client in a way that is not supported.";
  const [jkt, x5t] = [ownMember(cnf, "jkt"), ownMember(cnf, "x5t#S256")];
  if (!isThumbprint(jkt) || !isThumbprint(x5t)) return "The claim `cnf` of the token does not hold a SHA-256 thumbprint.";
  return { jkt, x5t };
}

const isThumbprint = (value: unknown): value is string | undefined =>
  value === undefined || (typeof value === "string" && /^[\w-]{43}$/.test(value));
