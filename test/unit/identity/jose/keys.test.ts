import crypto from "node:crypto";
import { describe, expect, it } from "vitest";
import { type Algorithm, signatureAlgorithms } from "../../../../runtime/identity/jose/algorithms.ts";
import { readKeySet } from "../../../../runtime/identity/jose/key-set.ts";
import { pairOf } from "./tokens.ts";

const rsa = pairOf("RS256").jwk;
const ec = pairOf("ES256").jwk;
const okp = pairOf("EdDSA").jwk;
const good = { ...rsa, kid: "good" };
const jwkOf = (key: crypto.KeyObject): Record<string, unknown> => key.export({ format: "jwk" }) as Record<string, unknown>;
const rsaOf = (modulusLength: number, publicExponent = 65_537): Record<string, unknown> =>
  jwkOf(crypto.generateKeyPairSync("rsa", { modulusLength, publicExponent }).publicKey);

/** Why a key is skipped in a set whose other key stays usable. */
function skipped(jwk: unknown, algorithms: readonly Algorithm[] = signatureAlgorithms): string | undefined {
  const set = readKeySet({ keys: [jwk, good] }, algorithms);
  if (typeof set === "string") throw new Error(set);
  expect(set.keys.some(({ kid }) => kid === "good")).toBe(true);
  return set.skipped[0]?.why;
}

describe("keys of a set that cannot be used are skipped by name, and the others stay", () => {
  const plainBase64 = Buffer.from(rsa.n as string, "base64url").toString("base64");
  const oneMore = (text: unknown): string =>
    Buffer.concat([Buffer.from([0]), Buffer.from(text as string, "base64url")]).toString("base64url");
  it.each([
    ["use: enc", { ...rsa, use: "enc" }, /`use`/],
    ["use: 7", { ...rsa, use: 7 }, /`use`/],
    ["key_ops without verify", { ...rsa, key_ops: ["encrypt"] }, /`key_ops`/],
    ["key_ops that are a text", { ...rsa, key_ops: "verify" }, /`key_ops`/],
    ["n in plain base64", { ...rsa, n: plainBase64 }, /base64url/],
    ["n with padding", { ...rsa, n: `${rsa.n as string}=` }, /base64url/],
    ["no n", { ...rsa, n: undefined }, /base64url/],
    ["an RSA key of 1024 bits", rsaOf(1_024), /1024 bits/],
    ["e = 1", { ...rsa, e: "AQ" }, /`e`/],
    ["e = 0", { ...rsa, e: "AA" }, /`e`/],
    ["an even e", { ...rsa, e: "AQAA" }, /`e`/],
    ["an empty e", { ...rsa, e: "" }, /`e`/],
    ["an e of nine bytes", { ...rsa, e: Buffer.alloc(9, 1).toString("base64url") }, /`e`/],
    [
      "the modulus of a broken generator",
      { ...rsa, n: Buffer.from((65_537n ** 131n).toString(16).padStart(526, "0"), "hex").toString("base64url") },
      /ROCA/,
    ],
    ["a private RSA key", jwkOf(pairOf("RS256").privateKey), /private/],
    ["a private EC key", jwkOf(pairOf("ES256").privateKey), /private/],
    ["a private Ed25519 key", jwkOf(pairOf("EdDSA").privateKey), /private/],
    ["a shared secret", { kty: "oct", k: "c".repeat(86), alg: "HS256" }, /shared secret/],
    ["a point that is not on the curve", { ...ec, y: ec.x }, /not a valid key/],
    ["coordinates with a byte more", { ...ec, x: oneMore(ec.x) }, /32 bytes/],
    ["coordinates of another curve", { ...ec, crv: "P-384" }, /48 bytes/],
    ["secp256k1", { ...ec, crv: "secp256k1" }, /`crv`/],
    ["crv constructor", { ...ec, crv: "constructor" }, /`crv`/],
    ["crv 7", { ...ec, crv: 7 }, /`crv`/],
    ["Ed448", { kty: "OKP", crv: "Ed448", x: "A".repeat(76) }, /`crv`/],
    ["X25519", { ...okp, crv: "X25519" }, /`crv`/],
    ["an x of 31 bytes", { ...okp, x: Buffer.alloc(31, 1).toString("base64url") }, /32 bytes/],
    ["kty rsa", { ...rsa, kty: "rsa" }, /`kty`/],
    ["no kty", { ...rsa, kty: undefined }, /`kty`/],
    ["kty AKP", { kty: "AKP", alg: "ML-DSA-44", pub: "AAAA" }, /`kty`/],
    ["kid 7", { ...rsa, kid: 7 }, /`kid`/],
    ["alg of encryption", { ...rsa, alg: "RSA-OAEP" }, /`alg`/],
    ["alg none", { ...rsa, alg: "none" }, /`alg`/],
    ["alg of another kind of key", { ...rsa, alg: "ES256" }, /fits none/],
    ["alg HS256 on a public key", { ...rsa, alg: "HS256" }, /fits none/],
    ["null", null, /not a JSON object/],
    ["a list", [], /not a JSON object/],
    ["a text", "key", /not a JSON object/],
  ] as const)("%s", (_, jwk, why) => expect(skipped(jwk)).toMatch(why));

  it("of a kind that no accepted algorithm uses", () => expect(skipped(ec, ["RS256"])).toMatch(/fits none/));

  it("by kid, else by place", () => {
    const set = readKeySet({ keys: [good, { ...rsa, use: "enc", kid: "e1" }, { ...rsa, use: "enc" }, 7] }, ["RS256"]);
    expect(set).toMatchObject({ skipped: [{ key: "`e1`" }, { key: "number 3" }, { key: "number 4" }] });
  });
});

describe("keys that are used", () => {
  it.each([
    ["RSA", rsa, ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512"]],
    ["RSA with e = 3", rsaOf(2_048, 3), ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512"]],
    ["RSA of 3072 bits", rsaOf(3_072), ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512"]],
    ["P-256", ec, ["ES256"]],
    ["P-384", pairOf("ES384").jwk, ["ES384"]],
    ["P-521", pairOf("ES512").jwk, ["ES512"]],
    ["Ed25519", okp, ["EdDSA", "Ed25519"]],
    ["use: sig, key_ops and alg", { ...rsa, use: "sig", key_ops: ["verify"], alg: "PS384" }, ["PS384"]],
    ["members that nobody knows", { ...ec, ext: true, iat: 7, x5c: ["not a certificate"], x5u: "http://a" }, ["ES256"]],
  ] as const)("%s", (_, jwk, algorithms) => {
    expect(readKeySet({ keys: [jwk] }, signatureAlgorithms)).toMatchObject({ keys: [{ algorithms }], skipped: [] });
  });
  it("are as inherited members do not have them", () => {
    const jwk = Object.assign(Object.create({ use: "enc", d: "x" }), rsa) as object;
    expect(readKeySet({ keys: [jwk] }, ["RS256"])).toMatchObject({ keys: [{ kid: undefined }] });
  });
});

describe("what is no key set", () => {
  it.each([null, [], "keys", 7, {}, { keys: {} }, { keys: null }, Object.create({ keys: [] })])("%j", (value) => {
    expect(readKeySet(value, ["RS256"])).toMatch(/list `keys`/);
  });
  it("more keys than any issuer has", () => {
    expect(readKeySet({ keys: Array.from({ length: 1_001 }, () => good) }, ["RS256"])).toMatch(/at most 1000/);
  });
  it("an empty one is one, without keys", () => {
    expect(readKeySet({ keys: [] }, ["RS256"])).toEqual({ keys: [], skipped: [] });
  });
});
