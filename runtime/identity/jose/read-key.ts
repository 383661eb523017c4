// By default import, so that an old Node can say that it is too old: see `process/node-version.ts`.
import crypto, { type KeyObject } from "node:crypto";
import { type Algorithm, methodOf, suits, withBothNames } from "./algorithms.ts";
import { base64urlBytes } from "./base64url.ts";
import { type JsonObject, ownMember } from "./json-object.ts";
import { isRoca } from "./roca.ts";

export interface VerificationKey {
  readonly kid: string | undefined;
  /** The algorithms that a signature may have. */
  readonly algorithms: readonly Algorithm[];
  readonly key: KeyObject;
}

/** Fewest bits of an RSA modulus (RFC 7518 §3.3); more than the most would cost milliseconds for each token. */
const fewestBits = 2_048;
const mostBits = 8_192;

/** Members that only a private key has (RFC 7518 §6.2.2, §6.3.2; RFC 8037 §2). */
const privateMembers = ["d", "p", "q", "dp", "dq", "qi", "oth", "k"];

/** Coordinates of a point take as many bytes as the field has (RFC 7518 §6.2.1.2). */
const coordinateBytes: Readonly<Record<string, number>> = { "P-256": 32, "P-384": 48, "P-521": 66 };

/**
 * Reads a public key (RFC 7517 §4) for signatures by one of the algorithms. A text: why it is not used, without its
 * subject: ``has `use: enc` ``. Certificates in it (`x5c`, `x5u`, `x5t`) have no effect. `known`: the key itself, where it
 * was read before from a JWK with the same thumbprint (RFC 7638).
 */
export function readKey(jwk: JsonObject, algorithms: readonly Algorithm[], known?: KeyObject): VerificationKey | string {
  const member = (name: string): unknown => ownMember(jwk, name);
  const kid = member("kid");
  if (kid !== undefined && typeof kid !== "string") return "has a `kid` that is not a text";
  const use = member("use");
  if (use !== undefined && use !== "sig") return "is not for signatures: its `use` is not `sig`";
  const operations = member("key_ops");
  if (operations !== undefined && !(Array.isArray(operations) && operations.includes("verify")))
    return "is not for verification: its `key_ops` does not name `verify`";
  if (member("kty") === "oct") return "is a shared secret, which has no place where others can read it";
  // A private key that was published signs for anybody.
  if (privateMembers.some((name) => Object.hasOwn(jwk, name))) return "holds private members, so it can no longer be trusted";
  const key = known ?? publicKey(member);
  return typeof key === "string" ? key : verificationKey(key, kid, member("alg"), algorithms);
}

/**
 * A shared secret for HMAC, as the configuration gives it: UTF-8 where it is text. A text: why it is not used. The secret
 * must be as long as the hash (RFC 7518 §3.2).
 */
export function readSecret(
  secret: string | Uint8Array,
  algorithms: readonly Algorithm[],
  kid?: string,
): VerificationKey | string {
  const bytes = Buffer.from(secret as string);
  const wanted = algorithms.map(methodOf).filter((method) => method?.kind === "HS");
  const longest = Math.max(0, ...wanted.map((method) => (method?.kind === "HS" ? method.bytes : 0)));
  if (longest === 0) return "is a shared secret, and no algorithm of the list uses one";
  if (bytes.length < longest) return `has ${bytes.length} bytes; it needs at least ${longest}`;
  return verificationKey(crypto.createSecretKey(bytes), kid, undefined, algorithms);
}

function verificationKey(
  key: KeyObject,
  kid: string | undefined,
  alg: unknown,
  wanted: readonly Algorithm[],
): VerificationKey | string {
  if (alg !== undefined && (typeof alg !== "string" || methodOf(alg) === undefined)) return "has an `alg` that is not supported";
  const own = alg === undefined ? undefined : withBothNames([alg as Algorithm]);
  const algorithms = withBothNames(wanted).filter(
    (algorithm) => suits(key, algorithm) && (own === undefined || own.includes(algorithm)),
  );
  return algorithms.length === 0 ? "fits none of the accepted algorithms" : { kid, algorithms, key };
}

function publicKey(member: (name: string) => unknown): KeyObject | string {
  const kty = member("kty");
  const crv = member("crv");
  if (kty === "RSA") return rsaKey(member("n"), member("e"));
  if (kty === "EC") {
    const bytes = typeof crv === "string" && Object.hasOwn(coordinateBytes, crv) ? coordinateBytes[crv] : undefined;
    if (bytes === undefined) return "has a `crv` that is not supported";
    const [x, y] = [member("x"), member("y")];
    if (!isBytes(x, bytes) || !isBytes(y, bytes)) return `has coordinates that are not ${bytes} bytes in base64url`;
    return imported({ kty, crv: crv as string, x, y });
  }
  if (kty === "OKP") {
    if (crv !== "Ed25519") return "has a `crv` that is not supported";
    const x = member("x");
    return isBytes(x, 32) ? imported({ kty, crv, x }) : "has an `x` that is not 32 bytes in base64url";
  }
  return "has a `kty` that is not supported";
}

function rsaKey(n: unknown, e: unknown): KeyObject | string {
  const modulus = typeof n === "string" ? base64urlBytes(n) : undefined;
  const exponent = typeof e === "string" ? base64urlBytes(e) : undefined;
  if (modulus === undefined || exponent === undefined) return "has an `n` or `e` that is not base64url without padding";
  // Public exponents that are in use have three bytes; long ones make verification slow, and 1 makes everybody a signer.
  const last = exponent.at(-1) ?? 0;
  if (
    exponent.length > 8 ||
    last % 2 === 0 ||
    (last < 3 && exponent.every((byte, at) => at === exponent.length - 1 || byte === 0))
  )
    return "has an `e` that is not an odd number between 3 and 2^64";
  const key = imported({ kty: "RSA", n: n as string, e: e as string });
  if (typeof key === "string") return key;
  const bits = key.asymmetricKeyDetails?.modulusLength ?? 0;
  if (bits < fewestBits || bits > mostBits) return `is an RSA key of ${bits} bits, not of ${fewestBits} to ${mostBits}`;
  return isRoca(modulus) ? "is an RSA key that can be factorised (ROCA, CVE-2017-15361)" : key;
}

const isBytes = (value: unknown, length: number): value is string =>
  typeof value === "string" && base64urlBytes(value)?.length === length;

function imported(jwk: Readonly<Record<string, string>>): KeyObject | string {
  try {
    return crypto.createPublicKey({ key: jwk, format: "jwk" });
  } catch {
    // A point that is not on its curve, for one.
    return "is not a valid key";
  }
}
