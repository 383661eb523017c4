import { existsSync, readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { Algorithm } from "../../../runtime/identity/jose/algorithms.ts";
import { methodOf, signatureAlgorithms } from "../../../runtime/identity/jose/algorithms.ts";
import { fittingKeys, readKeySet } from "../../../runtime/identity/jose/key-set.ts";
import { readJws } from "../../../runtime/identity/jose/read-jws.ts";
import { readSecret, type VerificationKey } from "../../../runtime/identity/jose/read-key.ts";
import { isSignedBy } from "../../../runtime/identity/jose/verify-signature.ts";

const folder = fileURLToPath(new URL("../../../../shared/corpus/jose/", import.meta.url));
export const isThere = existsSync(folder);

export type Jwk = Readonly<Record<string, unknown>>;

export interface Vector {
  /** Group, number and comment: unique in its file. */
  readonly name: string;
  readonly keys: readonly Jwk[];
  /** As it is sent: JSON serialisations are JSON texts. */
  readonly token: string;
  readonly isEncrypted: boolean;
  readonly isValid: boolean;
}

interface WycheproofFile {
  readonly testGroups: readonly {
    readonly comment: string;
    readonly public?: Jwk;
    readonly private: Jwk;
    readonly tests: readonly {
      readonly tcId: number;
      readonly comment: string;
      readonly jws?: string | object;
      readonly jwe?: string | object;
      readonly result: "valid" | "invalid";
    }[];
  }[];
}

/** The vectors of a file of Project Wycheproof; none where the corpus is not there. */
export function wycheproof(file: string): readonly Vector[] {
  if (!isThere) return [];
  const { testGroups } = JSON.parse(readFileSync(folder + file, "utf8")) as WycheproofFile;
  return testGroups.flatMap((group) => {
    const key = group.public ?? group.private;
    const keys = Array.isArray(key.keys) ? (key.keys as readonly Jwk[]) : [key];
    return group.tests.map(({ tcId, comment, jws, jwe, result }) => ({
      name: `${group.comment} ${tcId} ${comment}`,
      keys,
      token: asSent((jws ?? jwe)!),
      isEncrypted: jwe !== undefined,
      isValid: result === "valid",
    }));
  });
}

const asSent = (token: string | object): string => (typeof token === "string" ? token : JSON.stringify(token));

/** The examples of RFC 7520, RFC 8037 and RFC 7797 below a folder, by path. */
export function examples(...folders: readonly string[]): readonly { readonly name: string; readonly example: Example }[] {
  if (!isThere) return [];
  return folders.flatMap((name) =>
    readdirSync(`${folder}cookbook/${name}`)
      .filter((file) => file.endsWith(".json"))
      .map((file) => ({
        name: `${name}/${file}`,
        example: JSON.parse(readFileSync(`${folder}cookbook/${name}/${file}`, "utf8")) as Example,
      })),
  );
}

export interface Example {
  readonly input?: { readonly payload?: string; readonly key?: Jwk | readonly Jwk[] };
  readonly output?: { readonly compact?: string };
  readonly [member: string]: unknown;
}

/**
 * The keys as the gateway would have them: public keys as a key set, secrets as those of the configuration, which are never
 * beside public keys.
 */
export function usableKeys(jwks: readonly Jwk[]): readonly VerificationKey[] {
  if (jwks.every(({ kty }) => kty === "oct")) return jwks.flatMap(secretKey);
  const set = readKeySet({ keys: jwks }, [...signatureAlgorithms, "HS256", "HS384", "HS512"]);
  return typeof set === "string" ? [] : set.keys;
}

function secretKey({ alg, k, kid }: Jwk): VerificationKey[] {
  if (typeof alg !== "string" || methodOf(alg)?.kind !== "HS" || typeof k !== "string") return [];
  const key = readSecret(Buffer.from(k, "base64url"), [alg as Algorithm], typeof kid === "string" ? kid : undefined);
  return typeof key === "string" ? [] : [key];
}

/** The payload where a key that fits has signed the token. */
export function verifiedPayload(token: string, keys: readonly VerificationKey[]): string | undefined {
  const jws = readJws(token);
  if (typeof jws === "string" || !fittingKeys(keys, jws.header).some((key) => isSignedBy(jws, key))) return undefined;
  return Buffer.from(jws.payload).toString();
}
