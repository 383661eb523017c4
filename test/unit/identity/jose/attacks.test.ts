import crypto from "node:crypto";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { signatureAlgorithms } from "../../../../runtime/identity/jose/algorithms.ts";
import { judgeBinding } from "../../../../runtime/identity/jose/judge-binding.ts";
import { judgeClaims } from "../../../../runtime/identity/jose/judge-claims.ts";
import { fittingKeys, readKeySet } from "../../../../runtime/identity/jose/key-set.ts";
import { createProofKeys } from "../../../../runtime/identity/jose/proof-keys.ts";
import { readKey } from "../../../../runtime/identity/jose/read-key.ts";
import { readToken } from "../../../../runtime/identity/jose/read-token.ts";
import { createSeenProofs } from "../../../../runtime/identity/jose/seen-proofs.ts";
import { accessTokenTypes } from "../../../../runtime/identity/jose/token-type.ts";
import { isSignedBy } from "../../../../runtime/identity/jose/verify-signature.ts";
import { fakeExchange } from "../../../harness/fake-exchange.ts";
import { encoded, pairOf, signed } from "./tokens.ts";

const es = pairOf("ES256");
const now = 1_790_000_000;
const rules = { issuer: "a", audience: ["b"], leeway: 0, requireExp: true, types: accessTokenTypes };

describe("tokens that are made to hurt", () => {
  it("of 1 MB are refused by their length, before anything is decoded", () => {
    expect(readToken(signed(es, { a: "x".repeat(1 << 20) }))).toBe("The token is longer than 16384 characters.");
    expect(readToken(".".repeat(1 << 20))).toBe("The token is longer than 16384 characters.");
    expect(readToken("a".repeat(16_385))).toMatch(/longer/);
    expect(readToken("a".repeat(16_384))).toMatch(/three parts/);
  });

  it.each([21, 1_000, 5_000])("that nest %i levels deep are refused", (depth) => {
    for (const [open, close] of [
      ["[", "]"],
      ['{"a":', "}"],
    ] as const) {
      const json = `{"a":${open.repeat(depth)}1${close.repeat(depth)}}`;
      expect(readToken(signed(es, json))).toBeTypeOf("string");
      expect(readToken(signed(es, { a: 1 }, `{"alg":"ES256","a":${open.repeat(depth)}1${close.repeat(depth)}}`))).toBeTypeOf(
        "string",
      );
    }
  });

  it("with keys that meet in one place of a table are read as others are", () => {
    const many = Object.fromEntries(Array.from({ length: 900 }, (_, index) => [`k${index}`, 1]));
    expect(readToken(signed(es, many))).toMatchObject({ claims: many });
  });

  it("are told apart from encrypted ones, which cost nothing whatever they demand (trap 22)", () => {
    const headers = [
      { alg: "RSA1_5", enc: "A128GCM" },
      { alg: "PBES2-HS512+A256KW", enc: "A256GCM", p2c: 2 ** 31, p2s: "AAAA" },
      { alg: "dir", enc: "A128GCM", zip: "DEF" },
      { alg: "ES256", crit: ["x"] },
    ];
    for (const header of headers)
      expect(readToken(`${encoded(header)}.AAAA.AAAA.${"A".repeat(8_000)}.AAAA`)).toBe(
        "The token is encrypted (JWE). Only signed tokens are accepted.",
      );
    for (const dots of ["....", ".....", "...."]) expect(readToken(dots)).toBeTypeOf("string");
  });
});

/** JSON that holds names which mean something to somebody, at any place. */
const anyJson = fc.letrec((tie) => ({
  value: fc.oneof(
    { maxDepth: 3 },
    fc.constantFrom(null, true, 0, -1, 1e300, "", "RS256", "none", "__proto__", now + 60),
    fc.string(),
    fc.array(tie("value"), { maxLength: 3 }),
    fc.dictionary(
      fc.constantFrom("alg", "kid", "crit", "jwk", "kty", "n", "e", "x", "cnf", "jkt", "constructor", "toString"),
      tie("value"),
    ),
  ),
})).value;

describe("whatever comes, nothing throws and nothing is accepted that was not signed", () => {
  const judge = (text: string): boolean => {
    const token = readToken(text);
    if (typeof token === "string") return false;
    return (
      fittingKeys([es.key], token.header).some((key) => isSignedBy(token, key)) && judgeClaims(token, rules, now) === undefined
    );
  };
  const members = fc.dictionary(
    fc.constantFrom("alg", "kid", "typ", "crit", "b64", "jwk", "x5c", "iss", "aud", "sub", "exp", "cnf"),
    anyJson,
  );

  it("texts", () =>
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), (text) => !judge(text)),
      { numRuns: 2_000 },
    ));
  it("texts of three parts", () =>
    fc.assert(
      fc.property(fc.tuple(fc.base64String(), fc.base64String(), fc.base64String()), (parts) => !judge(parts.join("."))),
      { numRuns: 2_000 },
    ));
  it("headers and claims of any members, with any signature", () =>
    fc.assert(
      fc.property(
        members,
        members,
        fc.uint8Array({ minLength: 62, maxLength: 66 }),
        (header, claims, signature) =>
          !judge(
            `${encoded({ alg: "ES256", ...header })}.${encoded({ iss: "a", aud: "b", exp: now + 60, ...claims })}.${encoded(signature)}`,
          ),
      ),
      { numRuns: 2_000 },
    ));
  it("keys of any members", () =>
    fc.assert(
      fc.property(fc.dictionary(fc.constantFrom("kty", "crv", "x", "y", "n", "e", "kid", "alg", "use"), anyJson), (jwk) => {
        for (const kty of ["RSA", "EC", "OKP", "oct"]) readKey({ crv: "P-256", ...jwk, kty }, signatureAlgorithms);
        return typeof readKeySet({ keys: [jwk] }, signatureAlgorithms) === "object";
      }),
      { numRuns: 2_000 },
    ));
  it("coordinates of any bytes", () =>
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 32, maxLength: 32 }), fc.uint8Array({ minLength: 32, maxLength: 32 }), (x, y) => {
        const okp = readKey({ kty: "OKP", crv: "Ed25519", x: encoded(x) }, ["EdDSA"]);
        const ec = readKey({ kty: "EC", crv: "P-256", x: encoded(x), y: encoded(y) }, ["ES256"]);
        const token = { header: { alg: "EdDSA" }, signed: "a.b", signature: crypto.randomBytes(64) };
        return ec === "is not a valid key" && (typeof okp === "string" || !isSignedBy(token, okp));
      }),
      { numRuns: 500 },
    ));
  it("signatures of any bytes, by each algorithm", () => {
    for (const alg of signatureAlgorithms) {
      const { key } = pairOf(alg);
      const length = Buffer.from(signed(pairOf(alg), {}).split(".")[2]!, "base64url").length;
      const signatures = [0, 1, length - 1, length, length + 1, 1_000].flatMap((size) =>
        [0, 255].map((byte) => Buffer.alloc(size, byte)),
      );
      for (const signature of signatures) expect(isSignedBy({ header: { alg }, signed: "a.b", signature }, key)).toBe(false);
    }
  });
  it("bindings and proofs", () => {
    const dpop = {
      algorithms: signatureAlgorithms,
      required: false,
      seen: createSeenProofs(),
      keys: createProofKeys(),
      parameters: "",
    };
    fc.assert(
      fc.property(
        anyJson.filter((cnf) => cnf !== undefined),
        members,
        members,
        (cnf, header, claims) => {
          const x = fakeExchange({ headers: ["DPoP", signed(es, claims, { alg: "ES256", ...header })] });
          return judgeBinding({ cnf }, { token: "t", as: "dpop" }, x, dpop, now)?.rejected === "invalid";
        },
      ),
      { numRuns: 1_000 },
    );
  });
});
