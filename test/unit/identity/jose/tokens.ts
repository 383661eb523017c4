import crypto, { type KeyObject } from "node:crypto";
import type { Algorithm } from "../../../../runtime/identity/jose/algorithms.ts";
import { methodOf } from "../../../../runtime/identity/jose/algorithms.ts";
import { readKey, readSecret, type VerificationKey } from "../../../../runtime/identity/jose/read-key.ts";

export interface Pair {
  readonly alg: Algorithm;
  readonly privateKey: KeyObject;
  /** The public half as a JWK. */
  readonly jwk: Record<string, unknown>;
  readonly key: VerificationKey;
}

const pairs = new Map<string, Pair>();

/** A key pair for the algorithm, the same one for each call with the same name. */
export function pairOf(alg: Algorithm, name = ""): Pair {
  const known = pairs.get(`${alg} ${name}`);
  if (known !== undefined) return known;
  const { privateKey, publicKey } = generated(alg);
  const jwk = publicKey.export({ format: "jwk" }) as Record<string, unknown>;
  const pair = { alg, privateKey, jwk, key: usable(readKey(jwk, [alg])) };
  pairs.set(`${alg} ${name}`, pair);
  return pair;
}

function generated(alg: Algorithm): { readonly privateKey: KeyObject; readonly publicKey: KeyObject } {
  const method = methodOf(alg)!;
  if (method.kind === "ES") return crypto.generateKeyPairSync("ec", { namedCurve: method.curve });
  if (method.kind === "Ed") return crypto.generateKeyPairSync("ed25519");
  return crypto.generateKeyPairSync("rsa", { modulusLength: 2048 });
}

export function usable(key: VerificationKey | string): VerificationKey {
  if (typeof key === "string") throw new Error(`a key of the test ${key}`);
  return key;
}

export const secretOf = (secret: string | Uint8Array, alg: Algorithm): VerificationKey => usable(readSecret(secret, [alg]));

/** Base64url of a text, of bytes, or of the JSON of anything else. */
export const encoded = (value: unknown): string =>
  value instanceof Uint8Array
    ? Buffer.from(value).toString("base64url")
    : Buffer.from(typeof value === "string" ? value : JSON.stringify(value)).toString("base64url");

/** A token signed by the private key, whatever header and claims say; texts are taken as they are, not as JSON. */
export function signed(pair: Pick<Pair, "alg" | "privateKey">, claims: unknown, header: unknown = { alg: pair.alg }): string {
  const input = `${encoded(header)}.${encoded(claims)}`;
  return `${input}.${encoded(signatureOf(pair, input))}`;
}

export function signatureOf({ alg, privateKey: key }: Pick<Pair, "alg" | "privateKey">, input: string): Buffer {
  const bytes = Buffer.from(input);
  const method = methodOf(alg)!;
  if (method.kind === "ES") return crypto.sign(method.hash, bytes, { key, dsaEncoding: "ieee-p1363" });
  if (method.kind === "PS")
    return crypto.sign(method.hash, bytes, { key, padding: crypto.constants.RSA_PKCS1_PSS_PADDING, saltLength: -1 });
  if (method.kind === "Ed") return crypto.sign(null, bytes, key);
  if (method.kind === "HS") return crypto.createHmac(method.hash, key).update(bytes).digest();
  return crypto.sign(method.hash, bytes, key);
}

/** A token keyed with a secret. */
export function keyed(alg: Algorithm, secret: string | Uint8Array, claims: unknown, header: unknown = { alg }): string {
  const input = `${encoded(header)}.${encoded(claims)}`;
  const key = crypto.createSecretKey(typeof secret === "string" ? Buffer.from(secret) : secret);
  return `${input}.${encoded(signatureOf({ alg, privateKey: key }, input))}`;
}
