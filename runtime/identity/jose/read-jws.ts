import { base64urlBytes } from "./base64url.ts";
import type { HeaderMemory } from "./header-memory.ts";
import { type JsonObject, jsonObject } from "./json-object.ts";

/** A signed object whose form is right. Nothing it says is true before its signature was verified. */
export interface Jws {
  readonly header: TokenHeader;
  readonly payload: Uint8Array;
  /** What the signature is over: header and payload as they came (RFC 7515 §5.2), ASCII. */
  readonly signed: string;
  readonly signature: Uint8Array;
}

export interface TokenHeader {
  readonly alg: string;
  readonly kid?: string;
  readonly typ?: string;
  readonly [name: string]: unknown;
}

/** Most characters of a token: longer ones are refused before any work. Servers refuse header fields of that size, too. */
export const longestToken = 16_384;
/** Most characters of a `kid`: it is looked up and may be remembered. */
const longestKeyId = 1_024;

/**
 * Reads a JWS in compact serialisation (RFC 7515 §7.1). A text: why it is none, in a sentence for clients and logs that
 * holds nothing of the token.
 *
 * Stricter than the RFCs demand, so that each token has one spelling and one meaning: canonical base64url, every member
 * of the header once, no extension that has to be understood (`crit`), no unencoded payload (`b64`).
 *
 * @param headers for readers of many tokens of the same issuers
 * @param decode of the payload
 */
export function readJws(text: string, headers?: HeaderMemory, decode = base64urlBytes): Jws | string {
  if (text.length > longestToken) return `The token is longer than ${longestToken} characters.`;
  const first = text.indexOf(".");
  const second = first < 0 ? -1 : text.indexOf(".", first + 1);
  if (second < 0) return "The token is not a signed JWT: it does not consist of three parts.";
  if (text.includes(".", second + 1)) return refusedParts(text, second);
  if (second === text.length - 1) return "The token is not signed.";
  const written = text.slice(0, first);
  const known = headers?.get(written);
  const head = known === undefined ? base64urlBytes(written) : undefined;
  const signature = base64urlBytes(text.slice(second + 1));
  const payload = decode(text.slice(first + 1, second));
  if ((head ?? known) === undefined || payload === undefined || signature === undefined)
    return "The token is not written in base64url without padding.";
  const signed = text.slice(0, second);
  if (known !== undefined) return { header: known, payload, signed, signature };
  const header = jsonObject(head!);
  if (header === undefined) return "The header of the token is not a JSON object whose members all differ.";
  const flaw = headerFlaw(header);
  if (flaw !== undefined) return flaw;
  // `headerFlaw` has seen the types of its members.
  const good = header as TokenHeader;
  headers?.keep(written, good);
  return { header: good, payload, signed, signature };
}

/** JWE is never decrypted here: what its header demands (RSA1_5, PBES2, zip) costs nothing. */
function refusedParts(text: string, second: number): string {
  const third = text.indexOf(".", second + 1);
  const fourth = text.indexOf(".", third + 1);
  if (fourth < 0 || text.includes(".", fourth + 1)) return "The token is not a signed JWT: it does not consist of three parts.";
  return "The token is encrypted (JWE). Only signed tokens are accepted.";
}

function headerFlaw(header: JsonObject): string | undefined {
  const { alg, kid, typ } = header;
  if (typeof alg !== "string") return "The header of the token does not name its algorithm.";
  if (alg.toLowerCase() === "none") return "The token is not signed.";
  // RFC 7515 §4.1.11: whoever does not understand an extension in `crit` refuses; none is understood here.
  if (header.crit !== undefined) return "The header of the token has `crit`, and no extension is supported.";
  // RFC 7797 §7 forbids it in a JWT.
  if (header.b64 !== undefined) return "The header of the token has `b64`, which a JWT must not have.";
  if (kid !== undefined && (typeof kid !== "string" || kid.length > longestKeyId))
    return `The \`kid\` of the token is not a text of at most ${longestKeyId} characters.`;
  if (typ !== undefined && typeof typ !== "string") return "The `typ` of the token is not a text.";
  return undefined;
}
