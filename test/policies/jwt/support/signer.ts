import { generateKeyPairSync, type JsonWebKey, sign } from "node:crypto";

/** Somebody who signs tokens with a key of its own. */
export interface Signer {
  readonly kid: string | undefined;
  /** The public key, as a member of a key set. */
  readonly jwk: JsonWebKey;
  /** A token with these claims; `header` replaces and adds members. */
  token(claims: object, header?: object): string;
}

/** With Ed25519, whose signatures are short and quick. */
export function signer(kid?: string, change: object = {}): Signer {
  const { privateKey, publicKey } = generateKeyPairSync("ed25519");
  const jwk = {
    ...publicKey.export({ format: "jwk" }),
    ...(kid === undefined ? {} : { kid }),
    use: "sig",
    alg: "EdDSA",
    ...change,
  };
  return {
    kid,
    jwk,
    token: (claims, header) => signed({ alg: "EdDSA", kid, ...header }, claims, (text) => sign(null, text, privateKey)),
  };
}

export const part = (value: unknown): string =>
  Buffer.from(typeof value === "string" ? value : JSON.stringify(value)).toString("base64url");

export function signed(header: object, claims: object, make: (text: Buffer) => Buffer): string {
  const text = `${part(header)}.${part(claims)}`;
  return `${text}.${make(Buffer.from(text)).toString("base64url")}`;
}

export const keySet = (...signers: readonly Pick<Signer, "jwk">[]): string =>
  JSON.stringify({ keys: signers.map(({ jwk }) => jwk) });
