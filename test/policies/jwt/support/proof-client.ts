import { createHash, generateKeyPairSync, randomUUID, sign } from "node:crypto";
import { now } from "./scheme.ts";
import { signed } from "./signer.ts";

const sha256 = (text: string): string => createHash("sha256").update(text).digest("base64url");

/** A client of DPoP (RFC 9449) with a key of its own. */
export interface ProofClient {
  /** Thumbprint of the key, as tokens have it in `cnf`. */
  readonly jkt: string;
  /** A new proof for a token; `change` replaces claims. */
  proof(token: string, change?: object): string;
}

export function proofClient(): ProofClient {
  const { privateKey, publicKey } = generateKeyPairSync("ed25519");
  const { crv, kty, x } = publicKey.export({ format: "jwk" });
  // RFC 7638 §3.1, RFC 8037 §2: members in this order.
  const jkt = sha256(JSON.stringify({ crv, kty, x }));
  const proof = (token: string, change: object = {}): string =>
    signed(
      { alg: "EdDSA", typ: "dpop+jwt", jwk: { crv, kty, x } },
      { jti: randomUUID(), htm: "GET", htu: "http://shop.example.com/orders", iat: now(), ath: sha256(token), ...change },
      (text) => sign(null, text, privateKey),
    );
  return { jkt, proof };
}
