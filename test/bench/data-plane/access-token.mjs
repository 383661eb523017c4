// Access tokens as issuers make them, and the issuer's options of a scheme that accepts them.
import crypto from "node:crypto";

export const issuer = "https://login.example.com/";
const { privateKey, publicKey } = crypto.generateKeyPairSync("rsa", { modulusLength: 2048 });
export const jwk = { ...publicKey.export({ format: "jwk" }), kid: "k1", use: "sig", alg: "RS256" };
const seconds = Math.floor(Date.now() / 1_000);
const part = (value) => Buffer.from(JSON.stringify(value)).toString("base64url");

/** Options of `jwt`. */
export const jwtOptions = { issuer, audience: "shop", algorithms: ["RS256"], jwks: { keys: [jwk] } };

/** A new one each time, signed with RS256; some 700 characters. */
export function newToken() {
  const claims = {
    iss: issuer,
    sub: crypto.randomUUID(),
    aud: ["shop", "account"],
    exp: seconds + 36_000,
    iat: seconds,
    jti: crypto.randomUUID(),
    scope: "openid profile orders:read orders:write",
    email: "alice@example.com",
  };
  const signed = `${part({ alg: "RS256", kid: "k1", typ: "at+jwt" })}.${part(claims)}`;
  return `${signed}.${crypto.sign("sha256", Buffer.from(signed), privateKey).toString("base64url")}`;
}
