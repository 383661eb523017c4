import { createHmac } from "node:crypto";
import { describe, expect, it } from "vitest";
import type { Identity } from "../../../runtime/exchange/exchange.ts";
import { JwtScheme } from "../../../runtime/identity/jwt/scheme.ts";
import { createSecretKey } from "../../../runtime/identity/jwt/secret-key.ts";
import { StartError } from "../../../runtime/life/start-error.ts";
import { fakeExchange, fakeUpstreamRequest } from "../../harness/fake-exchange.ts";
import { bearer, claims, configOf, inlineKeys, issuer, named, now, schemeOf, verdict } from "./support/scheme.ts";
import { part, signed, signer } from "./support/signer.ts";
import { turnedWall } from "./support/turned-wall.ts";

const one = signer("one");
const other = signer("other");

const identityOf = (scheme: JwtScheme, token: string): Identity => {
  const found = scheme.authenticate(fakeExchange(bearer(token)));
  if (typeof found === "string" || found.subject === undefined) throw new Error(JSON.stringify(found));
  return found;
};

describe("a token", () => {
  it("that is good tells who it is: subject, issuer, scopes, its end, and what revocation lists know it by", () => {
    const iat = now();
    const token = one.token(claims({ iat, exp: iat + 60, jti: "t1", sid: "s1", scope: "orders:read orders:write" }));
    expect(identityOf(schemeOf([one]), token)).toEqual({
      subject: "alice",
      scheme: "bearerAuth",
      issuer,
      roles: [],
      scopes: ["orders:read", "orders:write"],
      // With the leeway: what lives longer than a request ends when the next request would be refused.
      expiresAt: (iat + 90) * 1_000,
      marks: { jti: "t1", sid: "s1", issuedAt: iat * 1_000 },
    });
  });

  it.each([
    ["an issuer that is not configured", { iss: "https://evil.example/" }, "The token is not of an issuer that is accepted."],
    ["an issuer whose spelling differs", { iss: "https://login.example.com" }, "The token is not of an issuer that is accepted."],
    ["another audience", { aud: "billing" }, "The token is for another audience."],
    ["no audience", { aud: undefined }, "The token is for another audience."],
    ["an end in the past", { exp: now() - 31 }, "The token has expired."],
    [
      "no end (RFC 7519 lets it, and a leaked one would count for ever)",
      { exp: undefined },
      "The token does not say when it expires.",
    ],
    ["a begin ahead", { nbf: now() + 60 }, "The token is not valid yet."],
    ["no subject", { sub: undefined }, "The claim `sub` of the token does not name a subject."],
    ["scopes of another form", { scope: 7 }, "The claim `scope` of the token is neither a text nor a list of texts."],
  ])("with %s is 401, and the answer says so", (_, change, reason) => {
    const scheme = schemeOf([one]);
    expect(verdict(scheme, one.token(claims(change)))).toBe(`invalid: ${reason}`);
  });

  it("is accepted within the leeway of clocks that differ", () => {
    expect(verdict(schemeOf([one]), one.token(claims({ exp: now() - 20, nbf: now() + 20 })))).toBe("alice");
  });

  it("of a type that no access token has is 401: an ID token, a logout token, a DPoP proof (trap 8; RFC 8725 §3.11)", () => {
    const scheme = schemeOf([one]);
    for (const typ of ["logout+jwt", "dpop+jwt", "secevent+jwt", "token-introspection+jwt"])
      expect(verdict(scheme, one.token(claims(), { typ }))).toMatch(/^invalid: /);
    expect(verdict(scheme, one.token(claims({ nonce: "n", at_hash: "h" })))).toMatch(/^invalid: /);
    expect(verdict(scheme, one.token(claims(), { typ: "at+jwt" }))).toBe("alice");
    expect(verdict(scheme, one.token(claims(), { typ: "application/at+JWT" }))).toBe("alice");
  });

  it("that somebody else signed is 401, and so is one that was changed", () => {
    const scheme = schemeOf([one]);
    expect(verdict(scheme, other.token(claims(), { kid: "one" }))).toBe("invalid: The signature is not good.");
    const [head, , signature] = one.token(claims()).split(".");
    expect(verdict(scheme, `${head}.${part(claims({ sub: "admin" }))}.${signature}`)).toBe("invalid: The signature is not good.");
    expect(verdict(scheme, other.token(claims()))).toBe("invalid: The token is signed by a key that is not known.");
  });

  it("with HS256 over the public key is 401 (trap 4; RFC 8725 §2.1)", () => {
    for (const secret of [JSON.stringify(one.jwk), String(one.jwk.x)]) {
      const token = signed({ alg: "HS256", kid: "one" }, claims(), (text) => createHmac("sha256", secret).update(text).digest());
      expect(verdict(schemeOf([one]), token)).toBe("invalid: The token is signed by an algorithm that is not accepted.");
    }
    expect(verdict(schemeOf([one]), `${part({ alg: "none" })}.${part(claims())}.`)).toMatch(/^invalid: /);
  });

  it("of issuer A is never verified by a key of issuer B, also with the same kid (trap 13)", () => {
    const [a, b] = [signer("same"), signer("same")];
    const scheme = new JwtScheme(
      configOf([named("https://a.example/", inlineKeys(a)), named("https://b.example/", inlineKeys(b))]),
    );
    expect(verdict(scheme, a.token(claims({ iss: "https://a.example/" })))).toBe("alice");
    expect(verdict(scheme, b.token(claims({ iss: "https://b.example/" })))).toBe("alice");
    expect(verdict(scheme, b.token(claims({ iss: "https://a.example/" })))).toBe("invalid: The signature is not good.");
  });

  it("has one subject only together with its issuer (trap 1b.9)", () => {
    const scheme = new JwtScheme(
      configOf([named("https://a.example/", inlineKeys(one)), named("https://b.example/", inlineKeys(one))]),
    );
    const [a, b] = ["https://a.example/", "https://b.example/"].map((iss) => identityOf(scheme, one.token(claims({ iss }))));
    expect([a!.subject, b!.subject, a!.issuer === b!.issuer]).toEqual(["alice", "alice", false]);
  });

  it("of a tenant's issuer has that tenant in `tid` (trap 1b.7)", () => {
    const names = ["t1", "t2"].map((tenant) => ({ issuer: `https://login.microsoftonline.com/${tenant}/v2.0`, tenant }));
    const scheme = new JwtScheme(
      configOf([{ keys: inlineKeys(one), names }], {
        identity: { subject: ["sub"], roles: null, scopes: null, tenant: ["tid"], tier: null },
      }),
    );
    const token = (iss: string, tid: string): string =>
      one.token(claims({ iss: `https://login.microsoftonline.com/${iss}/v2.0`, tid }));
    expect(identityOf(scheme, token("t1", "t1")).tenant).toBe("t1");
    expect(verdict(scheme, token("t1", "t2"))).toBe("invalid: The token is of another tenant than its issuer.");
    expect(verdict(scheme, token("t3", "t3"))).toBe("invalid: The token is not of an issuer that is accepted.");
  });

  it("that is bound to a key or a certificate is worth nothing without the proof (traps 20 and 21)", () => {
    const scheme = schemeOf([one]);
    const thumbprint = "bwcK0esc3ACC3DB2Y5_lESsXE8o9ltc05O89jdN-dg2";
    const bound = one.token(claims({ cnf: { "x5t#S256": thumbprint } }));
    const certificate = { raw: new Uint8Array(), thumbprint };
    for (let time = 0; time < 2; time++) {
      expect(verdict(scheme, bearer(bound, { peer: { certificate } }))).toBe("alice");
      expect(verdict(scheme, bound)).toBe(
        "invalid: The token is bound to a client certificate, which the connection does not have.",
      );
      expect(verdict(scheme, bearer(bound, { peer: { certificate: { ...certificate, thumbprint: "other" } } }))).toMatch(
        /^invalid/,
      );
    }
    expect(verdict(scheme, one.token(claims({ cnf: { jkt: thumbprint } })))).toBe(
      "invalid: The token is bound to a key of its client (DPoP), which is not accepted here.",
    );
    expect(verdict(scheme, one.token(claims({ cnf: { jwe: "x" } })))).toMatch(/^invalid/);
  });
});

describe("a token that was seen before", () => {
  it("counts under the rules of its own scheme only (trap 1)", () => {
    const token = one.token(claims());
    const [strict, wide] = [schemeOf([one], { rules: { audience: ["billing"] } }), schemeOf([one])];
    expect([verdict(wide, token), verdict(strict, token), verdict(wide, token)]).toEqual([
      "alice",
      "invalid: The token is for another audience.",
      "alice",
    ]);
  });

  it("is known by all of its text: one that differs in the last character alone is verified anew (traps 1 and 7)", () => {
    const scheme = schemeOf([one]);
    const token = one.token(claims());
    expect(verdict(scheme, token)).toBe("alice");
    for (const last of "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_")
      if (!token.endsWith(last)) expect(verdict(scheme, token.slice(0, -1) + last)).toMatch(/^invalid/);
    expect(verdict(scheme, `${token}=`)).toMatch(/^invalid/);
  });

  it("is 401 as soon as it has expired (trap 2)", () => {
    const scheme = schemeOf([one]);
    const turn = turnedWall();
    const token = one.token(claims({ exp: now() + 60 }));
    expect(verdict(scheme, token)).toBe("alice");
    turn(89_000);
    expect(verdict(scheme, token)).toBe("alice");
    turn(1_000);
    expect(verdict(scheme, token)).toBe("invalid: The token has expired.");
  });

  it("is 401 as soon as it is older than `maxAge`", () => {
    const scheme = schemeOf([one], { rules: { maxAge: 10 } });
    const turn = turnedWall();
    const token = one.token(claims({ exp: now() + 600 }));
    expect(verdict(scheme, token)).toBe("alice");
    turn(41_000);
    expect(verdict(scheme, token)).toBe("invalid: The token was issued too long ago.");
  });

  it("is the same identity, so that nothing is made for it", () => {
    const scheme = schemeOf([one]);
    const token = one.token(claims());
    expect(identityOf(scheme, token)).toBe(identityOf(scheme, token));
  });
});

describe("claims", () => {
  const mapped = (identity: Partial<Parameters<typeof configOf>[1] & object>["identity"], change: object): JwtScheme | string => {
    const scheme = schemeOf([one], { identity: identity! });
    const found = scheme.authenticate(fakeExchange(bearer(one.token(claims(change)))));
    return typeof found === "string" || found.subject === undefined ? verdict(scheme, one.token(claims(change))) : scheme;
  };
  const rolesAt = (path: readonly string[], change: object): unknown => {
    const paths = { subject: ["sub"], roles: path, scopes: null, tenant: null, tier: null };
    const scheme = mapped(paths, change);
    return typeof scheme === "string" ? scheme : identityOf(scheme, one.token(claims(change))).roles;
  };

  it("with dots, slashes and colons in their names are found, and names are never split (trap 10)", () => {
    expect(rolesAt(["https://shop.example/roles"], { "https://shop.example/roles": ["buyer"] })).toEqual(["buyer"]);
    expect(rolesAt(["realm_access", "roles"], { realm_access: { roles: ["buyer"] }, "realm_access.roles": ["admin"] })).toEqual([
      "buyer",
    ]);
    expect(rolesAt(["realm_access.roles"], { realm_access: { roles: ["admin"] } })).toEqual([]);
  });

  it("that are a text are one role, and scopes are split at blanks: `read` is not in `thread` (trap 9)", () => {
    expect(rolesAt(["role"], { role: "not admin" })).toEqual(["not admin"]);
    for (const [change, scopes] of [
      [{ scope: "orders:read thread" }, ["orders:read", "thread"]],
      [{ scp: ["orders:read", "thread"] }, ["orders:read", "thread"]],
      [{ scp: "orders:read thread" }, ["orders:read", "thread"]],
      [{}, []],
    ] as const)
      expect(identityOf(schemeOf([one]), one.token(claims(change))).scopes).toEqual(scopes);
  });

  it("that the issuer left out as too many are not known, and not none (trap 10)", () => {
    expect(
      rolesAt(["groups"], { _claim_names: { groups: "src1" }, _claim_sources: { src1: { endpoint: "https://graph.example" } } }),
    ).toBe("invalid: The claim `groups` of the token is too long for the token, so that it is not known.");
  });

  it("named like what objects inherit have no effect (trap 11)", () => {
    expect(rolesAt(["__proto__", "roles"], {})).toEqual([]);
    expect(rolesAt(["constructor"], {})).toEqual([]);
    const scheme = schemeOf([one]);
    const text = `${part({ alg: "EdDSA", kid: "__proto__" })}`;
    expect(verdict(scheme, `${text}.${part(claims())}.AAAA`)).toMatch(/^invalid/);
  });
});

describe("where a token is", () => {
  const token = one.token(claims());
  const sent = (...lines: string[]) => ({ headers: lines.flatMap((line) => ["Authorization", line]) });

  it("after `Bearer` in any case and any number of blanks (trap 18; RFC 9110 §11.1)", () => {
    const scheme = schemeOf([one]);
    for (const line of [`bEaReR ${token}`, `BEARER    ${token}`]) expect(verdict(scheme, sent(line))).toBe("alice");
    for (const line of [`Bearer${token}`, `Basic ${token}`, `DPoP ${token}`]) expect(verdict(scheme, sent(line))).toBe("absent");
    expect(verdict(scheme, {})).toBe("absent");
    expect(verdict(scheme, sent("Bearer"))).toMatch(/^invalid/);
  });

  it("two of them are 400, whichever would be good (trap 17; RFC 6750 §2, §3.1)", () => {
    const scheme = schemeOf([one]);
    for (const request of [sent(`Bearer ${token}`, `Bearer ${token}`), sent(`Bearer ${token}, Bearer ${token}`)])
      expect(scheme.authenticate(fakeExchange(request))).toMatchObject({
        rejected: "malformed",
        challenge: expect.stringContaining('error="invalid_request"'),
      });
  });

  it("in a header, a cookie or the query, and nowhere else", () => {
    const inHeader = schemeOf([one], { from: { in: "header", parameter: "x-access-token" } });
    expect(verdict(inHeader, { headers: ["X-Access-Token", token] })).toBe("alice");
    expect(verdict(inHeader, token)).toBe("absent");
    expect(
      verdict(schemeOf([one], { from: { in: "cookie", parameter: "at" } }), { headers: ["Cookie", `a=b; at=${token}`] }),
    ).toBe("alice");
    expect(
      verdict(schemeOf([one], { from: { in: "query", parameter: "access_token" } }), { query: `access_token=${token}` }),
    ).toBe("alice");
  });

  it("from there it reaches the service, or does not", () => {
    const forwarded = (forward: boolean, from: Parameters<typeof configOf>[1] & object, request: object): string => {
      const upstream = fakeUpstreamRequest(fakeExchange(request));
      schemeOf([one], { ...from, forward }).conceal(upstream);
      return `${upstream.query} ${upstream.headers.get("authorization") ?? ""} ${upstream.headers.get("cookie") ?? ""}`.trim();
    };
    expect(forwarded(true, {}, sent("Bearer x"))).toBe("Bearer x");
    expect(forwarded(false, {}, sent("Bearer x"))).toBe("");
    expect(forwarded(false, { from: { in: "cookie", parameter: "at" } }, { headers: ["Cookie", "a=b; at=x"] })).toBe("a=b");
    expect(forwarded(false, { from: { in: "query", parameter: "at" } }, { query: "a=b&at=x" })).toBe("a=b");
  });
});

describe("challenges (RFC 6750 §3)", () => {
  it("say that a token does not count and why, and which scope is missing", () => {
    const scheme = schemeOf([one]);
    expect(scheme.authenticate(fakeExchange(bearer(one.token(claims({ exp: now() - 60 })))))).toMatchObject({
      challenge: 'Bearer realm="bearerAuth", error="invalid_token", error_description="The token has expired."',
    });
    expect(scheme.insufficientChallenge(["orders:write", "orders:read"])).toBe(
      'Bearer realm="bearerAuth", error="insufficient_scope", scope="orders:write orders:read"',
    );
    expect(schemeOf([one], { grants: "roles" }).insufficientChallenge(["admin"])).toBe(
      'Bearer realm="bearerAuth", error="insufficient_scope"',
    );
  });
});

describe("a shared secret", () => {
  const secretKey = (secret: string) => createSecretKey({ secret: secret as never, algorithms: ["HS256"], scheme: "bearerAuth" });
  const long = "0123456789abcdef0123456789abcdef";

  it("verifies HS256", () => {
    const scheme = new JwtScheme(configOf([named(issuer, secretKey(long))], { algorithms: ["HS256"] }));
    const token = (secret: string) =>
      signed({ alg: "HS256" }, claims(), (text) => createHmac("sha256", secret).update(text).digest());
    expect(verdict(scheme, token(long))).toBe("alice");
    expect(verdict(scheme, token(`${long}!`))).toBe("invalid: The signature is not good.");
  });

  it("that is shorter than the hash stops the start (RFC 7518 §3.2)", () => {
    expect(() => secretKey(long.slice(1))).toThrow(StartError);
    expect(() => secretKey(long.slice(1))).toThrow(/the secret has 31 bytes; it needs at least 32.*openssl rand/);
  });
});
