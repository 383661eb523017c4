// By default import, so that an old Node can say that it is too old: see `process/node-version.ts`.
import crypto from "node:crypto";
import type { StartValue } from "../../exchange/exchange.ts";
import { currentSecret, type FollowedSecret } from "../../files/followed-secret.ts";
import { clock } from "../../life/clock.ts";
import type { Life } from "../../life/life.ts";
import { StartError } from "../../life/start-error.ts";

/** How the gateway proves to an issuer who it is (RFC 6749 §2.3.1, RFC 7523 §2.2). */
export type ClientProofConfig =
  | { readonly id: string; readonly secret: StartValue | FollowedSecret; readonly in: "basic" | "post" }
  | {
      readonly id: string;
      readonly key: StartValue | FollowedSecret;
      readonly keyId: string | null;
      readonly audience: StartValue | string | null;
    };

/** What is added to a request. */
export interface ClientProof {
  readonly headers: Readonly<Record<string, string>>;
  readonly form: Readonly<Record<string, string>>;
}

const assertionSeconds = 60;

/** Makes the proof for a request to `endpoint`. Throws a `StartError` where a key cannot be used. */
export function clientProof(
  config: ClientProofConfig,
  option: string,
  text = currentSecret(secretOf(config)),
): (endpoint: string) => ClientProof {
  if ("secret" in config) {
    const { id } = config;
    const secret = text;
    const proof: ClientProof =
      config.in === "post"
        ? { headers: {}, form: { client_id: id, client_secret: secret } }
        : {
            headers: { authorization: `Basic ${Buffer.from(`${formEncoded(id)}:${formEncoded(secret)}`).toString("base64")}` },
            form: {},
          };
    return () => proof;
  }
  const { id, keyId, audience } = config;
  const { key, algorithm } = signingKey(text, option);
  return (endpoint) => {
    const now = Math.floor(clock.wall() / 1000);
    const header = { alg: algorithm, typ: "JWT", ...(keyId === null ? {} : { kid: keyId }) };
    const claims = {
      iss: id,
      sub: id,
      aud: audience ?? endpoint,
      jti: crypto.randomUUID(),
      iat: now,
      exp: now + assertionSeconds,
    };
    const signed = `${encoded(header)}.${encoded(claims)}`;
    const signature = crypto.sign(algorithm === "EdDSA" ? null : "sha256", Buffer.from(signed), {
      key,
      dsaEncoding: "ieee-p1363",
    });
    return {
      headers: {},
      form: {
        client_id: id,
        client_assertion_type: "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
        client_assertion: `${signed}.${signature.toString("base64url")}`,
      },
    };
  };
}

/** Calls `apply` with another proof whenever the file changes that the secret or the key is in, up to the end of `life`. */
export function followProof(
  config: ClientProofConfig,
  option: string,
  life: Life,
  apply: (proof: (endpoint: string) => ClientProof) => void,
): void {
  const secret = secretOf(config);
  if (typeof secret === "string") return;
  secret.follow(
    life,
    (text) => void clientProof(config, option, text),
    () => apply(clientProof(config, option)),
  );
}

const secretOf = (config: ClientProofConfig): StartValue | FollowedSecret => ("secret" in config ? config.secret : config.key);

function signingKey(pem: string, option: string): { readonly key: crypto.KeyObject; readonly algorithm: string } {
  let key: crypto.KeyObject;
  try {
    key = crypto.createPrivateKey(pem);
  } catch {
    throw new StartError(`${option} is not a private key in PEM. Look at what it refers to.`);
  }
  const { asymmetricKeyType: type, asymmetricKeyDetails: details } = key;
  if (type === "rsa" && (details?.modulusLength ?? 0) >= 2048) return { key, algorithm: "RS256" };
  if (type === "ec" && details?.namedCurve === "prime256v1") return { key, algorithm: "ES256" };
  if (type === "ed25519") return { key, algorithm: "EdDSA" };
  throw new StartError(`${option} is not an RSA key of at least 2048 bits, a P-256 key or an Ed25519 key. Use one of these.`);
}

const encoded = (value: object): string => Buffer.from(JSON.stringify(value)).toString("base64url");

/** As RFC 6749 §2.3.1 asks for both halves: `application/x-www-form-urlencoded`. */
const formEncoded = (text: string): string => new URLSearchParams([["", text]]).toString().slice(1);
