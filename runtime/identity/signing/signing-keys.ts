import { createHash, createPrivateKey, createPublicKey, type KeyObject, sign } from "node:crypto";
import type { Place, StartValue } from "../../exchange/exchange.ts";
import type { PemFiles } from "../../files/pem-files.ts";
import type { Life } from "../../life/life.ts";
import { messageOf } from "../../life/message-of.ts";
import { StartError } from "../../life/start-error.ts";

export type SigningAlgorithm = "ES256" | "RS256" | "PS256" | "EdDSA";

export interface SigningKeysConfig {
  /** Private keys in PEM: the first one signs. */
  readonly pem: StartValue;
  /** `gateway.yaml:12 file key.pem`, for messages. */
  readonly from: Place | string;
  readonly algorithm: SigningAlgorithm;
  /** `kid` in the header of what is signed, where it has another name than its thumbprint. */
  readonly kid?: string;
  /** Where they come from a file. */
  readonly files?: PemFiles;
}

/** A public key as JSON (RFC 7517 §4). */
export type PublicJwk = Readonly<Record<string, string>>;

/** Throws a `StartError` that names what cannot be used. */
export const createSigningKeys = (config: SigningKeysConfig): SigningKeys => new SigningKeys(config);

/** Keys with which the gateway signs what it says of itself, or of those who call. */
export class SigningKeys {
  declare readonly __made: true;
  readonly #config: SigningKeysConfig;
  #inForce: readonly [SigningKey, ...SigningKey[]];

  constructor(config: SigningKeysConfig) {
    this.#config = config;
    try {
      this.#inForce = keysIn(config.pem, config.algorithm);
    } catch (error) {
      throw new StartError(`The signing key of ${config.from} cannot be used: ${messageOf(error)}.`);
    }
  }

  /** Replaces them when their file changes, up to the end of `life`. */
  follow(life: Life): void {
    const { pem, from, algorithm, files } = this.#config;
    files?.follow({
      life,
      what: `signing key of ${from}`,
      texts: { key: pem },
      judge: ({ key = "" }) => keysIn(key, algorithm),
      apply: (keys) => {
        this.#inForce = keys;
      },
    });
  }

  /** Of the key that signs. */
  get kid(): string {
    return this.#config.kid ?? this.#inForce[0].jwk.kid!;
  }

  /** All of them, for those who verify. */
  get published(): readonly PublicJwk[] {
    return this.#inForce.map(({ jwk }) => jwk);
  }

  /** A JWS in compact form (RFC 7515 §7.1). `payload` is JSON. */
  sign(payload: string): string {
    const { algorithm } = this.#config;
    const head = base64url(`{"alg":"${algorithm}","typ":"JWT","kid":${JSON.stringify(this.kid)}}`);
    const input = `${head}.${base64url(payload)}`;
    const { key } = this.#inForce[0];
    return `${input}.${sign(digests[algorithm], Buffer.from(input), optionsOf(key, algorithm)).toString("base64url")}`;
  }
}

interface SigningKey {
  readonly key: KeyObject;
  readonly jwk: PublicJwk;
}

const digests: Readonly<Record<SigningAlgorithm, string | null>> = {
  ES256: "sha256",
  RS256: "sha256",
  PS256: "sha256",
  EdDSA: null,
};

/** RFC 7518 §3.4: both numbers side by side; §3.5: a salt as long as the digest. */
function optionsOf(key: KeyObject, algorithm: SigningAlgorithm): Parameters<typeof sign>[2] {
  if (algorithm === "ES256") return { key, dsaEncoding: "ieee-p1363" };
  return algorithm === "PS256" ? { key, padding: 6, saltLength: 32 } : { key };
}

const base64url = (text: string): string => Buffer.from(text).toString("base64url");

const begin = "-----BEGIN ";

/** Throws where one of them cannot sign with the algorithm. */
function keysIn(pem: string, algorithm: SigningAlgorithm): readonly [SigningKey, ...SigningKey[]] {
  const blocks = pem.split(begin).flatMap((block) => (block.includes("PRIVATE KEY-----") ? [begin + block] : []));
  const [first, ...others] = blocks.map((block) => keyIn(block, algorithm));
  if (first === undefined) throw new Error("it holds no private key in PEM (`-----BEGIN PRIVATE KEY-----`)");
  return [first, ...others];
}

function keyIn(block: string, algorithm: SigningAlgorithm): SigningKey {
  const key = createPrivateKey(block);
  const wanted = unfit(key, algorithm);
  if (wanted !== undefined) throw new Error(`${algorithm} needs ${wanted}, and it holds another key`);
  const { kty, crv, x, y, n, e } = createPublicKey(key).export({ format: "jwk" }) as Readonly<Record<string, string | undefined>>;
  // In the order of their names, without white space (RFC 7638 §3.3; RFC 8037 §2).
  const members = kty === "RSA" ? { e, kty, n } : kty === "EC" ? { crv, kty, x, y } : { crv, kty, x };
  const named = Object.fromEntries(
    Object.entries(members).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])),
  );
  const kid = createHash("sha256").update(JSON.stringify(named)).digest("base64url");
  return { key, jwk: { ...named, kid, alg: algorithm, use: "sig" } };
}

/** What the algorithm needs instead of the key; undefined where it fits. */
function unfit(
  { asymmetricKeyType: type, asymmetricKeyDetails: details }: KeyObject,
  algorithm: SigningAlgorithm,
): string | undefined {
  if (algorithm === "ES256") return type === "ec" && details?.namedCurve === "prime256v1" ? undefined : "an EC key on P-256";
  if (algorithm === "EdDSA") return type === "ed25519" ? undefined : "an Ed25519 key";
  return type === "rsa" && (details?.modulusLength ?? 0) >= 2_048 ? undefined : "an RSA key of 2048 bits or more";
}
