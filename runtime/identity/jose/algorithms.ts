import type { KeyObject } from "node:crypto";

/** Signature algorithms of tokens (RFC 7518 §3.1, RFC 8037, RFC 9864). `none` and secp256k1 are not among them. */
export type Algorithm = HmacAlgorithm | SignatureAlgorithm;

/** Keyed with a shared secret: whoever verifies can also sign. */
export type HmacAlgorithm = "HS256" | "HS384" | "HS512";

/** Verified with a public key. `EdDSA` means Ed25519 here, as `Ed25519` does (RFC 9864 §2.2). */
export type SignatureAlgorithm =
  | "RS256"
  | "RS384"
  | "RS512"
  | "PS256"
  | "PS384"
  | "PS512"
  | "ES256"
  | "ES384"
  | "ES512"
  | "EdDSA"
  | "Ed25519";

/** Every algorithm that is verified with a public key. */
export const signatureAlgorithms: readonly SignatureAlgorithm[] = [
  "RS256",
  "RS384",
  "RS512",
  "PS256",
  "PS384",
  "PS512",
  "ES256",
  "ES384",
  "ES512",
  "EdDSA",
  "Ed25519",
];

/** How a signature is verified, by what the key is. */
export type Method =
  | { readonly kind: "RS" | "PS"; readonly hash: Hash }
  | { readonly kind: "ES"; readonly hash: Hash; readonly curve: string; readonly bytes: number }
  | { readonly kind: "Ed" }
  | { readonly kind: "HS"; readonly hash: Hash; readonly bytes: number };

type Hash = "sha256" | "sha384" | "sha512";

/** Undefined for a text that names no algorithm: compared exactly, as RFC 7515 §4.1.1 wants. */
export function methodOf(algorithm: string): Method | undefined {
  switch (algorithm) {
    case "RS256":
      return { kind: "RS", hash: "sha256" };
    case "RS384":
      return { kind: "RS", hash: "sha384" };
    case "RS512":
      return { kind: "RS", hash: "sha512" };
    case "PS256":
      return { kind: "PS", hash: "sha256" };
    case "PS384":
      return { kind: "PS", hash: "sha384" };
    case "PS512":
      return { kind: "PS", hash: "sha512" };
    case "ES256":
      return { kind: "ES", hash: "sha256", curve: "prime256v1", bytes: 64 };
    case "ES384":
      return { kind: "ES", hash: "sha384", curve: "secp384r1", bytes: 96 };
    case "ES512":
      return { kind: "ES", hash: "sha512", curve: "secp521r1", bytes: 132 };
    case "EdDSA":
    case "Ed25519":
      return { kind: "Ed" };
    case "HS256":
      return { kind: "HS", hash: "sha256", bytes: 32 };
    case "HS384":
      return { kind: "HS", hash: "sha384", bytes: 48 };
    case "HS512":
      return { kind: "HS", hash: "sha512", bytes: 64 };
    default:
      return undefined;
  }
}

/** The key can be used with the algorithm: its kind, and its curve where the algorithm binds one (RFC 7518 §3.4). */
export function suits(key: KeyObject, algorithm: Algorithm): boolean {
  const method = methodOf(algorithm)!;
  switch (method.kind) {
    case "RS":
    case "PS":
      return key.asymmetricKeyType === "rsa";
    case "ES":
      return key.asymmetricKeyType === "ec" && key.asymmetricKeyDetails?.namedCurve === method.curve;
    case "Ed":
      return key.asymmetricKeyType === "ed25519";
    case "HS":
      // At least as long as the hash (RFC 7518 §3.2).
      return key.type === "secret" && (key.symmetricKeySize ?? 0) >= method.bytes;
  }
}

/** Both names of Ed25519 stand for each other: a key or an option that says one of them means both. */
export function withBothNames(algorithms: readonly Algorithm[]): readonly Algorithm[] {
  const isNamed = algorithms.some((algorithm) => algorithm === "EdDSA" || algorithm === "Ed25519");
  return isNamed ? [...new Set<Algorithm>([...algorithms, "EdDSA", "Ed25519"])] : algorithms;
}
