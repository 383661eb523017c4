import crypto, { type KeyObject } from "node:crypto";
import { calculateJwkThumbprint } from "jose";
import { describe, expect, it } from "vitest";
import type { Exchange, Rejection } from "../../../../runtime/exchange/exchange.ts";
import { signatureAlgorithms } from "../../../../runtime/identity/jose/algorithms.ts";
import { type DpopRules, dpopChallenge, judgeBinding } from "../../../../runtime/identity/jose/judge-binding.ts";
import { createProofKeys } from "../../../../runtime/identity/jose/proof-keys.ts";
import { createProofNonces } from "../../../../runtime/identity/jose/proof-nonces.ts";
import { createSeenProofs } from "../../../../runtime/identity/jose/seen-proofs.ts";
import { sha256, thumbprint } from "../../../../runtime/identity/jose/thumbprint.ts";
import { type FakeRequest, fakeExchange } from "../../../harness/fake-exchange.ts";
import { keyed, type Pair, pairOf, signed } from "./tokens.ts";

const now = 1_790_000_000;
const token = "a.token.of-an-issuer";
const es = pairOf("ES256");
const jkt = thumbprint(es.jwk)!;
const bound = { cnf: { jkt } };
const good = { jti: "1", htm: "GET", htu: "https://shop.example.com/orders", iat: now, ath: sha256(token) };

/** A proof by the key: members of claims and header that are undefined are left out. */
const proof = (claims: object = {}, header: object = {}, pair: Pair = es): string =>
  signed(pair, { ...good, ...claims }, { typ: "dpop+jwt", alg: pair.alg, jwk: pair.jwk, ...header });

const request = (proofs: readonly string[], more: FakeRequest = {}): Exchange =>
  fakeExchange({ ...more, headers: proofs.flatMap((one) => ["DPoP", one]), peer: { secure: true, ...more.peer } });

const rules = (more: Partial<DpopRules> = {}): DpopRules => ({
  algorithms: signatureAlgorithms,
  required: false,
  seen: createSeenProofs(),
  keys: createProofKeys(),
  parameters: 'realm="shop"',
  ...more,
});

function judged(
  x: Exchange,
  dpop: DpopRules | undefined = rules(),
  claims: Record<string, unknown> = bound,
): Rejection | undefined {
  return judgeBinding(claims, { token, as: "dpop" }, x, dpop, now);
}
const reasonOf = (...asked: Parameters<typeof judged>): string | undefined => judged(...asked)?.reason;
const accepted = undefined;

describe("trap 20: a token that is bound to a key (RFC 9449)", () => {
  it.each(signatureAlgorithms)("comes with a proof by that key, signed by %s", (alg) => {
    const pair = pairOf(alg);
    expect(judged(request([proof({}, {}, pair)]), rules(), { cnf: { jkt: thumbprint(pair.jwk) } })).toBe(accepted);
  });

  it("is refused as a bearer token, also with a proof (§7.2)", () => {
    for (const proofs of [[], [proof()]])
      expect(judgeBinding(bound, { token, as: "bearer" }, request(proofs), rules(), now)).toEqual({
        rejected: "invalid",
        reason: "The token is bound to a key: it has to come with the scheme DPoP and a proof.",
        challenge: `DPoP realm="shop", error="invalid_token", algs="${signatureAlgorithms.join(" ")}"`,
      });
  });

  it("is refused where DPoP is off", () => {
    for (const as of ["bearer", "dpop"] as const)
      expect(judgeBinding(bound, { token, as }, request([proof()]), undefined, now)?.reason).toMatch(/not supported here/);
  });

  it("is refused without proof, and with two", () => {
    expect(reasonOf(request([]))).toMatch(/has no DPoP proof/);
    expect(reasonOf(request([proof(), proof({ jti: "2" })]))).toMatch(/more than one/);
    expect(reasonOf(request([`${proof()}, ${proof()}`]))).toMatch(/canonical form/);
  });

  it("is refused with a proof by another key", () => {
    expect(reasonOf(request([proof({}, {}, pairOf("ES256", "thief"))]))).toMatch(/another key/);
    expect(reasonOf(request([signed(pairOf("ES256", "thief"), good, { typ: "dpop+jwt", alg: "ES256", jwk: es.jwk })]))).toMatch(
      /not signed by its own/,
    );
  });

  it.each([
    ["ath of another token", { ath: sha256("another") }, /another token/],
    ["no ath", { ath: undefined }, /another token/],
    ["another method", { htm: "POST" }, /another method/],
    ["the method in lower case", { htm: "get" }, /another method/],
    ["no htm", { htm: undefined }, /another method/],
    ["no htu", { htu: undefined }, /another URL/],
    ["iat 61 s ago", { iat: now - 61 }, /within 60 seconds/],
    ["iat in 61 s", { iat: now + 61 }, /within 60 seconds/],
    ["iat as text", { iat: String(now) }, /does not say when/],
    ["no iat", { iat: undefined }, /does not say when/],
    ["no jti", { jti: undefined }, /no `jti`/],
    ["jti 7", { jti: 7 }, /no `jti`/],
    ["an empty jti", { jti: "" }, /no `jti`/],
  ] as const)("is refused with %s in the proof", (_, claims, reason) => {
    expect(reasonOf(request([proof(claims)]))).toMatch(reason);
  });

  it.each([now - 60, now + 60])("is accepted with iat %i", (iat) => expect(judged(request([proof({ iat })]))).toBe(accepted));

  it.each([
    ["typ JWT", { typ: "JWT" }, /type/],
    ["no typ", { typ: undefined }, /type/],
    ["no jwk", { jwk: undefined }, /no `jwk`/],
    ["jwk null", { jwk: null }, /no `jwk`/],
    ["alg none", { alg: "none" }, /canonical/],
    ["crit", { crit: ["x"] }, /canonical/],
    ["alg of another kind", { alg: "RS256" }, /not signed/],
    ["alg HS256", { alg: "HS256" }, /not signed/],
    ["a key for encryption", { jwk: { ...es.jwk, use: "enc" } }, /not signed/],
  ] as const)("is refused with a proof that has %s", (_, header, reason) => {
    expect(reasonOf(request([proof({}, header)]))).toMatch(reason);
  });

  it("is refused with a proof that holds the private key", () => {
    const jwk = es.privateKey.export({ format: "jwk" });
    expect(reasonOf(request([proof({}, { jwk })]))).toMatch(/not signed by its own public key/);
  });

  it("is refused with a proof by a shared secret, though the thumbprint were its own", () => {
    const secret = crypto.randomBytes(32);
    const jwk = { kty: "oct", k: secret.toString("base64url") };
    const text = keyed("HS256", secret, good, { typ: "dpop+jwt", alg: "HS256", jwk });
    const print = crypto
      .createHash("sha256")
      .update(JSON.stringify({ k: jwk.k, kty: "oct" }))
      .digest("base64url");
    expect(reasonOf(request([text]), rules(), { cnf: { jkt: print } })).toMatch(/another key/);
  });

  it("is refused with a proof by an algorithm that is not accepted", () => {
    expect(reasonOf(request([proof()]), rules({ algorithms: ["EdDSA"] }))).toMatch(/not signed/);
  });

  it("is refused with a proof that was used before, under whatever spelling of its URL", () => {
    const dpop = rules();
    expect(judged(request([proof()]), dpop)).toBe(accepted);
    expect(judged(request([proof()]), dpop)).toMatchObject({ rejected: "invalid", reason: "The DPoP proof was used before." });
    expect(reasonOf(request([proof({ htu: "HTTPS://SHOP.example.com:443/orders?x=1" })]), dpop)).toMatch(/used before/);
    expect(judged(request([proof({ jti: "2" })]), dpop)).toBe(accepted);
  });

  it("may have the same jti as a proof by another key", () => {
    const dpop = rules();
    const other = pairOf("ES256", "other");
    expect(judged(request([proof()]), dpop)).toBe(accepted);
    expect(judged(request([proof({}, {}, other)]), dpop, { cnf: { jkt: thumbprint(other.jwk) } })).toBe(accepted);
  });

  it("a proof that was refused is not used up", () => {
    const dpop = rules();
    expect(reasonOf(request([proof()], { method: "POST" }), dpop)).toMatch(/another method/);
    expect(judged(request([proof()]), dpop)).toBe(accepted);
  });

  it("is out of reach, not let in, where no more proofs can be remembered", () => {
    const dpop = rules({ seen: createSeenProofs(1) });
    expect(judged(request([proof()]), dpop)).toBe(accepted);
    expect(judged(request([proof({ jti: "2" })]), dpop)).toMatchObject({ rejected: "unavailable", retryAfter: 60 });
    expect(reasonOf(request([proof()]), dpop)).toMatch(/used before/);
  });
});

describe("htu", () => {
  const judge = (htu: string, more: FakeRequest = {}, origin?: string): string | undefined =>
    reasonOf(request([proof({ htu })], more), rules({ origin }));
  it.each([
    ["https://shop.example.com/orders?a=1", {}],
    ["https://shop.example.com/orders#a", {}],
    ["HTTPS://Shop.Example.com:443/orders", {}],
    ["https://shop.example.com/%6Frders", {}],
    ["https://shop.example.com/a%2fb", { path: "/a%2Fb" }],
    ["https://shop.example.com/x/../orders", {}],
    ["https://shop.example.com", { path: "/" }],
    ["https://shop.example.com:8443/orders", { authority: "shop.example.com:8443" }],
    ["http://shop.example.com/orders", { peer: { secure: false } }],
    ["https://shop.example.com/orders", { authority: "SHOP.example.com:443" }],
    ["https://shop.example.com/orders", { sentTarget: "/orders?page=2" }],
    ["https://shop.example.com/orders", { sentTarget: "https://shop.example.com/orders?page=2" }],
    ["https://shop.example.com/v1/orders", { sentTarget: "/v1/orders", path: "/orders" }],
  ] as const)("%s is the URL of %j", (htu, more) => expect(judge(htu, more)).toBe(accepted));
  it.each([
    ["http://shop.example.com/orders", {}],
    ["https://shop.example.com.evil.example/orders", {}],
    ["https://shop.example.com:8443/orders", {}],
    ["https://shop.example.com/order", {}],
    ["https://shop.example.com/orders/", {}],
    ["https://shop.example.com/Orders", {}],
    ["https://shop.example.com/a/b", { path: "/a%2Fb" }],
    ["https://user@shop.example.com/orders", {}],
    ["https://shop.example.com\\orders", {}],
    ["https://shop.example.com/ord\ners", {}],
    [" https://shop.example.com/orders", {}],
    ["//shop.example.com/orders", {}],
    ["/orders", {}],
    ["", {}],
    ["https://10.0.0.7:8080/orders", {}],
  ] as const)("%j is not the URL of %j", (htu, more) => expect(judge(htu, more)).toMatch(/another URL/));
  it("is the URL that clients use, where something in front of the gateway replaces it", () => {
    const inner: FakeRequest = { authority: "10.0.0.7:8080", peer: { secure: false } };
    expect(judge("https://shop.example.com/orders", inner, "https://shop.example.com")).toBe(accepted);
    expect(judge("http://10.0.0.7:8080/orders", inner, "https://shop.example.com")).toMatch(/another URL/);
  });
});

describe("keys of clients that were met before", () => {
  it("are verified with as they are at first", () => {
    const dpop = rules();
    for (const jti of ["1", "2", "3"]) expect(judged(request([proof({ jti })]), dpop)).toBe(accepted);
    const stolen = signed(pairOf("ES256", "thief"), { ...good, jti: "4" }, { typ: "dpop+jwt", alg: "ES256", jwk: es.jwk });
    expect(reasonOf(request([stolen]), dpop)).toMatch(/not signed/);
  });
  it("are refused with private members, for another use or algorithm, as at first", () => {
    const dpop = rules();
    expect(judged(request([proof()]), dpop)).toBe(accepted);
    for (const jwk of [es.privateKey.export({ format: "jwk" }), { ...es.jwk, use: "enc" }, { ...es.jwk, alg: "ES384" }])
      expect(reasonOf(request([proof({ jti: "2" }, { jwk })]), dpop)).toMatch(/not signed/);
    expect(reasonOf(request([proof({ jti: "2" })]), { ...dpop, algorithms: ["RS256"] })).toMatch(/not signed/);
  });
  it("are kept up to a number; those that were not used for long are forgotten first", () => {
    const keys = createProofKeys(2);
    const [a, b, c] = ["a", "b", "c"].map((name) => pairOf("ES256", name).key.key) as [KeyObject, KeyObject, KeyObject];
    keys.keep("a", a);
    keys.keep("b", b);
    expect(keys.get("a")).toBe(a);
    keys.keep("c", c);
    expect([keys.get("a"), keys.get("b"), keys.get("c")]).toEqual([a, undefined, c]);
  });
});

describe("nonces of the gateway (RFC 9449 §9)", () => {
  const key = crypto.randomBytes(32);
  const nonces = createProofNonces(key);
  it("are demanded where they are configured, and the answer holds one to try again with", () => {
    const dpop = rules({ nonces });
    const first = judged(request([proof()]), dpop)!;
    expect(first.challenge).toContain('error="use_dpop_nonce"');
    expect(first.headers).toEqual(["DPoP-Nonce", nonces.current(now)]);
    expect(judged(request([proof({ nonce: first.headers![1] })]), dpop)).toBe(accepted);
  });
  it.each([7, "", "x".repeat(24), null])("%j is none", (nonce) => {
    expect(judged(request([proof({ nonce })]), rules({ nonces }))?.challenge).toContain("use_dpop_nonce");
  });
  it("count for their window and the next, for all who have the key", () => {
    const nonce = nonces.current(now);
    const others = createProofNonces(key);
    expect(others.accepts(nonce, now)).toBe(true);
    expect(others.accepts(nonce, now + 300)).toBe(true);
    expect(others.accepts(nonce, now + 600)).toBe(false);
    expect(others.accepts(nonce, now - 300)).toBe(false);
    expect(createProofNonces(crypto.randomBytes(32)).accepts(nonce, now)).toBe(false);
  });
});

describe("proofs that were seen", () => {
  it("are remembered for two minutes, as long as iat lets them count, at whatever second they came", () => {
    for (const offset of [0, 1, 59, 119, 120, 200]) {
      const seen = createSeenProofs();
      seen.admit("first", now);
      expect(seen.admit("a", now + offset)).toBe("new");
      for (const later of [0, 60, 120]) expect(seen.admit("a", now + offset + later)).toBe("seen");
      expect(seen.admit("a", now + offset + 240)).toBe("new");
    }
  });
  it("are told apart, a hundred thousand of them", () => {
    const seen = createSeenProofs();
    const names = Array.from({ length: 100_000 }, (_, index) => `proof ${index}`);
    expect(names.filter((name) => seen.admit(name, now) !== "new")).toEqual([]);
    expect(names.filter((name) => seen.admit(name, now + 60) !== "seen")).toEqual([]);
  });
});

describe("trap 21: a token that is bound to a client certificate (RFC 8705)", () => {
  const raw = crypto.randomBytes(200);
  const print = (of: Uint8Array): string => crypto.createHash("sha256").update(of).digest("base64url");
  const certificate = { raw, thumbprint: print(raw) };
  const claims = { cnf: { "x5t#S256": certificate.thumbprint } };
  const judge = (x: Exchange, more: Record<string, unknown> = claims): string | undefined =>
    judgeBinding(more, { token, as: "bearer" }, x, rules(), now)?.reason;
  it("counts over a connection with that certificate", () => {
    expect(judge(fakeExchange({ peer: { certificate } }))).toBe(accepted);
  });
  it("does not without one, as over a resumed session, nor with another", () => {
    expect(judge(fakeExchange())).toMatch(/client certificate/);
    const other = crypto.randomBytes(200);
    expect(judge(fakeExchange({ peer: { certificate: { raw: other, thumbprint: print(other) } } }))).toMatch(
      /client certificate/,
    );
  });
  it("has to satisfy both where it is bound to a key, too", () => {
    const both = { cnf: { ...claims.cnf, ...bound.cnf } };
    const withCertificate = request([proof()], { peer: { certificate } });
    expect(judgeBinding(both, { token, as: "dpop" }, withCertificate, rules(), now)).toBe(accepted);
    expect(reasonOf(request([proof()]), rules(), both)).toMatch(/client certificate/);
    expect(judge(withCertificate, both)).toMatch(/scheme DPoP/);
  });
});

describe("bindings", () => {
  it.each([null, "x", [], 7])("cnf %j is refused", (cnf) =>
    expect(reasonOf(request([proof()]), rules(), { cnf })).toMatch(/`cnf`/),
  );
  it.each([{}, { kid: "1" }, { jwk: es.jwk }, { jkt, kid: "1" }, { "x5t#S1": "a" }])(
    "of another kind, %j, are refused",
    (cnf) => {
      expect(reasonOf(request([proof()]), rules(), { cnf })).toMatch(/not supported/);
    },
  );
  it.each([7, "", "short", `${jkt}=`, null])("a thumbprint %j is none", (value) => {
    expect(reasonOf(request([proof()]), rules(), { cnf: { jkt: value } })).toMatch(/thumbprint/);
    expect(reasonOf(request([proof()]), rules(), { cnf: { "x5t#S256": value } })).toMatch(/thumbprint/);
  });
  it("a token without one passes as bearer, unless DPoP is required", () => {
    const bearer = { token, as: "bearer" } as const;
    expect(judgeBinding({}, bearer, request([]), undefined, now)).toBe(accepted);
    expect(judgeBinding({}, bearer, request([]), rules(), now)).toBe(accepted);
    expect(judgeBinding({}, bearer, request([]), rules({ required: true }), now)).toMatchObject({
      reason: "The token is not bound to a key of its client.",
      challenge: dpopChallenge(rules(), "invalid_token"),
    });
  });
  it("a token without one does not pass with the scheme DPoP", () => {
    expect(reasonOf(request([proof()]), rules(), {})).toMatch(/not bound to a key/);
    expect(judgeBinding({}, { token, as: "dpop" }, request([proof()]), undefined, now)?.reason).toMatch(/not bound to a key/);
  });
});

describe("thumbprints", () => {
  it.each(signatureAlgorithms)("of a key for %s is the one that jose gives", async (alg) => {
    const { jwk } = pairOf(alg);
    expect(thumbprint({ ...jwk, use: "sig", kid: "1" })).toBe(
      await calculateJwkThumbprint(jwk as Parameters<typeof calculateJwkThumbprint>[0]),
    );
  });
  it("are those of RFC 7638 §3.1 and RFC 8037 §A.3", () => {
    const n =
      "0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_BJECPebWKRXjBZCiFV4n3oknjhMstn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2QvzqY368QQMicAtaSqzs8KJZgnYb9c7d0zgdAZHzu6qMQvRL5hajrn1n91CbOpbISD08qNLyrdkt-bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csFCur-kEgU8awapJzKnqDKgw";
    expect(thumbprint({ alg: "RS256", kid: "2011-04-29", kty: "RSA", e: "AQAB", n })).toBe(
      "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs",
    );
    expect(thumbprint({ kty: "OKP", crv: "Ed25519", x: "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo" })).toBe(
      "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k",
    );
    for (const jwk of [{}, { kty: "oct", k: "AAAA" }, { kty: "RSA", n }, { kty: "EC", crv: "P-256", x: 1, y: 2 }])
      expect(thumbprint(jwk)).toBeUndefined();
  });
});
