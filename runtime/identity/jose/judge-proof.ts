import type { Exchange } from "../../exchange/exchange.ts";
import type { SignatureAlgorithm } from "./algorithms.ts";
import { isJsonObject, type JsonObject } from "./json-object.ts";
import type { ProofKeys } from "./proof-keys.ts";
import type { ProofNonces } from "./proof-nonces.ts";
import { isUrlOf } from "./proof-url.ts";
import { readKey } from "./read-key.ts";
import { readToken, type UnverifiedToken } from "./read-token.ts";
import { sha256, thumbprint } from "./thumbprint.ts";
import { isSignedBy } from "./verify-signature.ts";

export interface ProofRules {
  /** Algorithms that proofs may be signed by. */
  readonly algorithms: readonly SignatureAlgorithm[];
  readonly keys: ProofKeys;
  /** Demanded in proofs where given. */
  readonly nonces?: ProofNonces | undefined;
  /** Scheme and authority that clients use, where they differ from those of the request. */
  readonly origin?: string | undefined;
}

/** Seconds by which `iat` of a proof may differ from our clock, in either direction (RFC 9449 §11.1). */
const proofWindow = 60;

export type ProofVerdict =
  | { readonly flaw: undefined /** Names the proof among all others. */; readonly name: string }
  | { readonly flaw: string /** The client is to try again with our nonce. */; readonly wantsNonce?: true };

/**
 * Whether the `DPoP` field of a request proves that its client has the key that the token is bound to (RFC 9449 §4.3).
 * What is cheap is judged first; a signature is verified only by the very key that the authorization server has named.
 * Whether the proof was used before is left to those who remember proofs.
 */
export function judgeProof(x: Exchange, token: string, jkt: string, rules: ProofRules, nowSeconds: number): ProofVerdict {
  const sent = x.headers.single("dpop");
  if (sent === undefined) return { flaw: "The token is bound to a key, and the request has no DPoP proof." };
  if (sent === null) return { flaw: "The request has more than one DPoP proof." };
  const proof = readToken(sent);
  if (typeof proof === "string") return { flaw: "The DPoP proof is not a signed JWT in its one canonical form." };
  const { jwk, typ } = proof.header;
  if (typ?.toLowerCase() !== "dpop+jwt" && typ?.toLowerCase() !== "application/dpop+jwt")
    return { flaw: "The DPoP proof is not of the type `dpop+jwt`." };
  if (!isJsonObject(jwk)) return { flaw: "The header of the DPoP proof has no `jwk`." };
  const print = thumbprint(jwk);
  if (print !== jkt) return { flaw: "The DPoP proof is by another key than the one that the token is bound to." };
  const flaw = claimFlaw(proof, x, token, rules, nowSeconds);
  if (flaw !== undefined) return { flaw };
  const { jti, nonce } = proof.claims;
  if (rules.nonces !== undefined && !(typeof nonce === "string" && rules.nonces.accepts(nonce, nowSeconds)))
    return { flaw: "The DPoP proof does not hold the nonce that the gateway gives.", wantsNonce: true };
  if (!isSelfSigned(proof, jwk, print, rules)) return { flaw: "The DPoP proof is not signed by its own public key." };
  return { flaw: undefined, name: `${jkt}.${String(jti)}` };
}

function claimFlaw(
  { claims }: UnverifiedToken,
  x: Exchange,
  token: string,
  { origin }: ProofRules,
  now: number,
): string | undefined {
  const { jti, htm, htu, iat, ath } = claims;
  if (typeof jti !== "string" || jti === "") return "The DPoP proof has no `jti`.";
  if (htm !== x.method) return "The DPoP proof is for another method.";
  if (typeof htu !== "string" || !isUrlOf(htu, x, origin)) return "The DPoP proof is for another URL.";
  if (typeof iat !== "number") return "The DPoP proof does not say when it was made.";
  if (Math.abs(now - iat) > proofWindow) return `The DPoP proof was not made within ${proofWindow} seconds of now.`;
  return ath === sha256(token) ? undefined : "The DPoP proof is for another token.";
}

/** `readKey` refuses secrets and keys with private members (RFC 9449 §4.3: asymmetric, public), also of a key that is known. */
function isSelfSigned(proof: UnverifiedToken, jwk: JsonObject, print: string, { algorithms, keys }: ProofRules): boolean {
  const known = keys.get(print);
  const key = readKey(jwk, algorithms, known);
  if (typeof key === "string") return false;
  if (known === undefined) keys.keep(print, key.key);
  return isSignedBy(proof, key);
}
