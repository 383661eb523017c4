import crypto from "node:crypto";
import { describe, expect, it } from "vitest";
import { signatureAlgorithms } from "../../../../runtime/identity/jose/algorithms.ts";
import { type ClaimRules, judgeClaims } from "../../../../runtime/identity/jose/judge-claims.ts";
import { fittingKeys, readKeySet } from "../../../../runtime/identity/jose/key-set.ts";
import { readKey, readSecret, type VerificationKey } from "../../../../runtime/identity/jose/read-key.ts";
import { readToken, type UnverifiedToken } from "../../../../runtime/identity/jose/read-token.ts";
import { accessTokenTypes } from "../../../../runtime/identity/jose/token-type.ts";
import { isSignedBy } from "../../../../runtime/identity/jose/verify-signature.ts";
import { encoded, keyed, pairOf, secretOf, signed, usable } from "./tokens.ts";

const now = 1_790_000_000;
const claims = { iss: "https://issuer.example", aud: "orders", sub: "ada", exp: now + 60 };
const rules: ClaimRules = {
  issuer: "https://issuer.example",
  audience: ["orders"],
  leeway: 30,
  requireExp: true,
  types: accessTokenTypes,
};
const rs = pairOf("RS256");

function read(text: string): UnverifiedToken {
  const token = readToken(text);
  if (typeof token === "string") throw new Error(token);
  return token;
}
const verdict = (more: object, rule: Partial<ClaimRules> = {}, header: object = {}): string | undefined =>
  judgeClaims(read(signed(rs, { ...claims, ...more }, { alg: "RS256", ...header })), { ...rules, ...rule }, now);
const judged = (json: string): string | undefined => {
  const token = readToken(signed(rs, json));
  return typeof token === "string" ? token : judgeClaims(token, rules, now);
};
const accepted = undefined;

describe("a good token", () => {
  it.each(signatureAlgorithms)("is accepted with %s", (alg) => {
    const pair = pairOf(alg);
    const token = read(signed(pair, claims));
    expect(isSignedBy(token, pair.key)).toBe(true);
    expect(isSignedBy(token, pairOf(alg, "another").key)).toBe(false);
    expect(judgeClaims(token, rules, now)).toBe(accepted);
    expect({ ...token.claims }).toEqual(claims);
  });

  it.each(["HS256", "HS384", "HS512"] as const)("is accepted with %s and a secret", (alg) => {
    const secret = crypto.randomBytes(64);
    const token = read(keyed(alg, secret, claims));
    expect(isSignedBy(token, secretOf(secret, alg))).toBe(true);
    expect(isSignedBy(token, secretOf(crypto.randomBytes(64), alg))).toBe(false);
  });

  it("says Ed25519 (RFC 9864) where the key says EdDSA, and the other way round", () => {
    const pair = pairOf("EdDSA");
    for (const [alg, named] of [
      ["EdDSA", "Ed25519"],
      ["Ed25519", "EdDSA"],
    ] as const) {
      const key = usable(readKey({ ...pair.jwk, alg: named }, [named]));
      expect(isSignedBy(read(signed({ ...pair, alg }, claims)), key)).toBe(true);
    }
  });
});

describe("trap 3: crit and b64", () => {
  it.each([[["x"]], [[]], ["x"], [["alg"]], [["b64"]], [null], [{}]])("crit %j is refused (RFC 7515 §4.1.11)", (crit) => {
    expect(readToken(signed(rs, claims, { alg: "RS256", crit, x: 1 }))).toMatch(/`crit`/);
  });
  it.each([false, true])("b64 %j is refused (RFC 7797 §7)", (b64) => {
    expect(readToken(signed(rs, claims, { alg: "RS256", b64 }))).toMatch(/`b64`/);
  });
});

describe("trap 4: an HMAC over the public key", () => {
  const pem = crypto.createPublicKey(rs.privateKey).export({ type: "spki", format: "pem" }) as string;
  const spellings: Readonly<Record<string, string | Buffer>> = {
    "SPKI PEM": pem,
    "PEM with blanks in front": `  \n${pem}`,
    "PEM without its last line break": pem.trim(),
    "PKCS #1": crypto.createPublicKey(rs.privateKey).export({ type: "pkcs1", format: "pem" }) as string,
    DER: crypto.createPublicKey(rs.privateKey).export({ type: "spki", format: "der" }),
    "JWK text": JSON.stringify(rs.jwk),
  };
  it.each(Object.keys(spellings))("as %s does not count", (name) => {
    for (const alg of ["HS256", "HS384", "HS512"] as const) {
      const token = read(keyed(alg, spellings[name]!, claims));
      expect(fittingKeys([rs.key], token.header)).toEqual([]);
      expect(isSignedBy(token, rs.key)).toBe(false);
      const all = usable(readKey(rs.jwk, ["RS256", "HS256", "HS384", "HS512"]));
      expect(all.algorithms).toEqual(["RS256"]);
      expect(isSignedBy(token, all)).toBe(false);
    }
  });
  it("a secret verifies no signature of a key pair", () => {
    expect(fittingKeys([secretOf(pem, "HS256")], { alg: "RS256" })).toEqual([]);
  });
  it.each([0, 31])("a secret of %i bytes is too short for HS256 (RFC 7518 §3.2)", (length) => {
    expect(readSecret(Buffer.alloc(length, 7), ["HS256"])).toBe(`has ${length} bytes; it needs at least 32`);
  });
  it("a secret is as long as the longest hash of its algorithms", () => {
    expect(readSecret(Buffer.alloc(47), ["HS256", "HS384"])).toBe("has 47 bytes; it needs at least 48");
    expect(readSecret(Buffer.alloc(48), ["HS256", "HS384"])).toMatchObject({ algorithms: ["HS256", "HS384"] });
    expect(readSecret(Buffer.alloc(64), ["RS256"])).toMatch(/no algorithm/);
  });
});

describe("alg", () => {
  it.each(["none", "None", "NONE", "nOnE"])("%s is refused, with and without signature", (alg) => {
    expect(readToken(`${encoded({ alg })}.${encoded(claims)}.`)).toBe("The token is not signed.");
    expect(readToken(signed(rs, claims, { alg }))).toBe("The token is not signed.");
  });
  it.each(["rs256", "RS256 ", "RS1", "ES256K", "", "constructor", "__proto__"])(
    "%j fits no key: it is compared exactly",
    (alg) => {
      const { header } = read(signed(rs, claims, { alg }));
      expect(fittingKeys([rs.key], header)).toEqual([]);
      expect(isSignedBy(read(signed(rs, claims, { alg })), rs.key)).toBe(false);
    },
  );
  it.each([7, null, ["RS256"], undefined])("%j is no algorithm", (alg) => {
    expect(readToken(signed(rs, claims, { alg }))).toMatch(/does not name its algorithm/);
  });
  it("of another kind than the one that is pinned does not count, though the key could", () => {
    expect(isSignedBy(read(signed({ ...rs, alg: "PS256" }, claims)), rs.key)).toBe(false);
    expect(isSignedBy(read(signed({ ...rs, alg: "RS512" }, claims)), rs.key)).toBe(false);
  });
  it("of the key binds it", () => {
    expect(readKey({ ...rs.jwk, alg: "RS512" }, ["RS256", "RS512"])).toMatchObject({ algorithms: ["RS512"] });
    expect(readKey({ ...rs.jwk, alg: "RS512" }, ["RS256"])).toMatch(/fits none/);
    expect(readKey({ ...rs.jwk, alg: "ES256" }, ["RS256", "ES256"])).toMatch(/fits none/);
  });
});

describe("trap 5: dates", () => {
  it.each([["1790000060"], [null], [[now + 60]], [{}], [true], [1e300], [-1e300], [2 ** 53 + 2]])("exp %j is refused", (exp) => {
    expect(verdict({ exp })).toBe("The claim `exp` of the token is not a number of seconds.");
  });
  it("exp 1e400 is refused", () => expect(judged(`{"iss":"https://issuer.example","exp":1e400}`)).toMatch(/JSON object/));
  it("exp -1 has passed", () => expect(verdict({ exp: -1 })).toBe("The token has expired."));
  it("exp absent is refused, unless it may be", () => {
    expect(verdict({ exp: undefined })).toBe("The token does not say when it expires.");
    expect(verdict({ exp: undefined }, { requireExp: false })).toBe(accepted);
  });
  it("exp with a fraction counts (RFC 7519 §2)", () => {
    expect(verdict({ exp: now + 0.5 })).toBe(accepted);
    expect(verdict({ exp: now - 30 + 0.5 })).toBe(accepted);
    expect(verdict({ exp: now - 30.5 })).toBe("The token has expired.");
  });
  it("the leeway holds for exp and nbf, to the second", () => {
    expect(verdict({ exp: now - 29 })).toBe(accepted);
    expect(verdict({ exp: now - 30 })).toBe("The token has expired.");
    expect(verdict({ nbf: now + 30 })).toBe(accepted);
    expect(verdict({ nbf: now + 31 })).toBe("The token is not valid yet.");
  });
  it("iat is judged only with maxAge", () => {
    expect(verdict({ iat: now + 3_600 })).toBe(accepted);
    expect(verdict({}, { maxAge: 60 })).toBe("The token does not say when it was issued.");
    expect(verdict({ iat: now + 31 }, { maxAge: 60 })).toBe("The token was issued in the future.");
    expect(verdict({ iat: now - 90 }, { maxAge: 60 })).toBe(accepted);
    expect(verdict({ iat: now - 91 }, { maxAge: 60 })).toBe("The token was issued too long ago.");
  });
  it.each(["nbf", "iat"])("%s that is a text is refused", (name) => {
    expect(verdict({ [name]: String(now) })).toBe(`The claim \`${name}\` of the token is not a number of seconds.`);
  });
});

describe("trap 6: members twice", () => {
  it.each([
    `{"iss":"https://issuer.example","aud":"orders","exp":${now + 60},"sub":"user","sub":"admin"}`,
    `{"iss":"https://issuer.example","aud":"orders","exp":${now + 60},"sub":"user","s\\u0075b":"admin"}`,
    `{"iss":"https://issuer.example","aud":"orders","exp":${now + 60},"a":{"b":1,"b":2}}`,
  ])("claims %s are refused", (json) => expect(judged(json)).toMatch(/whose members all differ/));
  it("a header with two alg is refused", () => {
    expect(readToken(signed(rs, claims, '{"alg":"none","alg":"RS256"}'))).toMatch(/^The header .* all differ/);
  });
});

describe("trap 7: one token, one spelling", () => {
  const token = signed(pairOf("ES256"), claims);
  const [header, payload, signature] = token.split(".") as [string, string, string];
  const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
  // 64 bytes are 86 characters, of which the last has four bits of no meaning.
  const lastTurned = signature.slice(0, -1) + alphabet[alphabet.indexOf(signature.at(-1)!) ^ 1];
  const spellings: Readonly<Record<string, string>> = {
    "unused bits of the last character": `${header}.${payload}.${lastTurned}`,
    padding: `${token}==`,
    "padding in the payload": `${header}.${payload}=.${signature}`,
    "a newline at the end": `${token}\n`,
    "a blank inside": `${header}.${payload.slice(0, 4)} ${payload.slice(4)}.${signature}`,
    "a character beyond ASCII": `${header}.${payload}é.${signature}`,
    "NUL in front": `\0${token}`,
    "one more part": `${token}.`,
    "two parts": `${header}.${payload}`,
    "no text": "",
    "JSON serialisation": JSON.stringify({ protected: header, payload, signature }),
  };
  it("the token as it was made is read", () => expect(readToken(token)).toBeTypeOf("object"));
  it.each(Object.keys(spellings))("%s: refused", (name) => expect(readToken(spellings[name]!)).toBeTypeOf("string"));
  it("characters of plain base64: refused", () => {
    const plain = `${encoded({ alg: "ES256" })}.${encoded({ a: "???>>>" })}`;
    expect(plain).toMatch(/[-_]/);
    expect(readToken(`${plain}.${signature}`)).toBeTypeOf("object");
    expect(readToken(`${plain.replaceAll("-", "+").replaceAll("_", "/")}.${signature}`)).toMatch(/base64url/);
  });
  it("a byte order mark, UTF-16 and broken UTF-8: refused", () => {
    const json = JSON.stringify(claims);
    for (const bytes of [
      Buffer.from(`\ufeff${json}`),
      Buffer.from(json, "utf16le"),
      Buffer.concat([Buffer.from('{"a":"'), Buffer.from([0xff]), Buffer.from('"}')]),
    ])
      expect(readToken(signed(rs, bytes))).toMatch(/^The claims/);
  });
  it.each(["[]", "null", '"a"', "7", "", "{", '{"a":1} {}'])("claims %s are no object: refused", (json) => {
    expect(readToken(signed(rs, json))).toMatch(/^The claims/);
  });
});

describe("trap 8: other tokens of the same issuer", () => {
  it.each([{ nonce: "n" }, { at_hash: "h" }, { c_hash: "h" }, { typ: "ID" }, { typ: "Refresh" }, { typ: "Offline" }])(
    "with %j are refused",
    (more) => expect(verdict(more)).toBe("The token is an ID token or a refresh token, not an access token."),
  );
  it("with an event are refused", () => {
    expect(verdict({ events: { "http://schemas.openid.net/event/backchannel-logout": {} } })).toMatch(/event/);
    expect(verdict({ token_introspection: { active: true } })).toMatch(/introspection/);
  });
  it.each(["logout+jwt", "dpop+jwt", "secevent+jwt", "token-introspection+jwt", "application/logout+jwt", "JOSE"])(
    "with typ %s are refused",
    (typ) => expect(verdict({}, {}, { typ })).toBe("The token is not of the type that is expected here."),
  );
  it.each(["JWT", "jwt", "at+jwt", "AT+JWT", "application/at+jwt"])("typ %s is accepted", (typ) => {
    expect(verdict({}, {}, { typ })).toBe(accepted);
  });
  it("where RFC 9068 is demanded, only its type counts", () => {
    expect(verdict({}, { types: ["at+jwt"] }, { typ: "at+jwt" })).toBe(accepted);
    for (const header of [{}, { typ: "JWT" }]) expect(verdict({}, { types: ["at+jwt"] }, header)).toMatch(/not of the type/);
  });
  it("a token that says it is an access token may have a nonce", () => {
    expect(verdict({ nonce: "n", typ: "Bearer" })).toBe(accepted);
    expect(verdict({ nonce: "n" }, {}, { typ: "at+jwt" })).toBe(accepted);
  });
});

describe("traps 11 and 12: names of objects, and claims of the wrong type", () => {
  it("a member __proto__ is refused, however deep", () => {
    expect(judged('{"__proto__":{"roles":["admin"]}}')).toMatch(/^The claims/);
    expect(judged('{"a":{"__proto__":{}}}')).toMatch(/^The claims/);
    expect(judged('{"\\u005f_proto__":{}}')).toMatch(/^The claims/);
    expect(readToken(signed(rs, claims, '{"alg":"RS256","__proto__":{}}'))).toMatch(/^The header/);
  });
  it("a claim that is absent is undefined, whatever its name", () => {
    const token = read(signed(rs, claims));
    for (const name of ["constructor", "toString", "__proto__", "hasOwnProperty", "valueOf"]) {
      expect(token.claims[name]).toBeUndefined();
      expect(token.header[name]).toBeUndefined();
    }
    expect(read(signed(rs, { constructor: "x" })).claims.constructor).toBe("x");
  });
  it.each([7, null, {}, ["a"], "k".repeat(1_025), "k".repeat(10_000)])("a kid %j is refused", (kid) => {
    expect(readToken(signed(rs, claims, { alg: "RS256", kid }))).toMatch(/`kid`/);
  });
  it("a kid __proto__ is a text like any other, of no key", () => {
    const key = usable(readKey({ ...rs.jwk, kid: "a" }, ["RS256"]));
    expect(fittingKeys([key], read(signed(rs, claims, { alg: "RS256", kid: "__proto__" })).header)).toEqual([]);
  });
  it.each(["sub", "iss", "jti", "sid"])("%s that is not a text is refused", (name) => {
    for (const value of [7, null, ["a"], {}, true])
      expect(verdict({ [name]: value })).toBe(`The claim \`${name}\` of the token is not a text.`);
  });
  it("a sub that is empty, or half of a character, is none", () => {
    expect(verdict({ sub: "" })).toMatch(/`sub`/);
    expect(judged(`{"iss":"https://issuer.example","aud":"orders","exp":${now + 60},"sub":"\\ud800"}`)).toMatch(/`sub`/);
  });
  it.each([[["orders", 7]], [7], [null], [{}]])("aud %j is refused, also where any will do", (aud) => {
    expect(verdict({ aud }, { audience: "any" })).toBe("The claim `aud` of the token is neither a text nor a list of texts.");
  });
  it.each([["billing"], [["billing"]], [[]], [undefined], ["orders2"], ["Orders"]])("aud %j is another audience", (aud) => {
    expect(verdict({ aud })).toBe("The token is for another audience.");
  });
  it("aud may list several", () => expect(verdict({ aud: ["billing", "orders"] })).toBe(accepted));
  it.each([undefined, "https://issuer.example/", "https://ISSUER.example"])("iss %j is another issuer", (iss) => {
    expect(verdict({ iss })).toBe("The token is not of the issuer that is expected here.");
  });
});

describe("traps 13 and 14: which key", () => {
  const keysOf = (...jwks: object[]): readonly VerificationKey[] => {
    const set = readKeySet({ keys: jwks }, ["RS256", "ES256"]);
    if (typeof set === "string") throw new Error(set);
    return set.keys;
  };
  it("the key of another issuer with the same kid does not verify", () => {
    const token = read(signed(pairOf("RS256", "a"), claims, { alg: "RS256", kid: "1" }));
    const [foreign] = keysOf({ ...pairOf("RS256", "b").jwk, kid: "1" });
    expect(fittingKeys([foreign!], token.header)).toEqual([foreign]);
    expect(isSignedBy(token, foreign!)).toBe(false);
  });
  it.each([1, 2, 3, 4])("a token without kid is tried with %i keys", (count) => {
    const pairs = Array.from({ length: count }, (_, index) => pairOf("ES256", String(index)));
    const keys = keysOf(...pairs.map(({ jwk }, index) => ({ ...jwk, kid: String(index) })));
    const token = read(signed(pairs.at(-1)!, claims));
    expect(fittingKeys(keys, token.header).map((key) => isSignedBy(token, key))).toEqual(pairs.map((_, at) => at === count - 1));
  });
  it("and with none of five", () => {
    const jwk = pairOf("ES256").jwk;
    expect(
      fittingKeys(keysOf(...Array.from({ length: 5 }, (_, kid) => ({ ...jwk, kid: String(kid) }))), { alg: "ES256" }),
    ).toEqual([]);
  });
  it("of two keys with one kid, the one for the alg", () => {
    const keys = keysOf({ ...rs.jwk, kid: "1" }, { ...pairOf("ES256").jwk, kid: "1" }, { ...rs.jwk, kid: "1", use: "enc" });
    expect(keys).toHaveLength(2);
    expect(fittingKeys(keys, { alg: "ES256", kid: "1" })).toEqual([keys[1]]);
  });
  it("of two keys with one kid for the alg, none: it names neither", () => {
    const keys = keysOf({ ...rs.jwk, kid: "1" }, { ...pairOf("RS256", "other").jwk, kid: "1" });
    expect(fittingKeys(keys, { alg: "RS256", kid: "1" })).toEqual([]);
  });
  it("a key that is in a set twice is there once", () => {
    const keys = keysOf({ ...rs.jwk, kid: "1" }, { ...rs.jwk, kid: "1", x5c: [] });
    expect(fittingKeys(keys, { alg: "RS256", kid: "1" })).toEqual([keys[0]]);
  });
  it("a key without kid may do where no key has the kid of the token", () => {
    const [unnamed, named] = keysOf(rs.jwk, { ...rs.jwk, kid: "1" });
    expect(fittingKeys([unnamed!, named!], { alg: "RS256", kid: "1" })).toEqual([named]);
    expect(fittingKeys([unnamed!, named!], { alg: "RS256", kid: "2" })).toEqual([unnamed]);
    expect(fittingKeys([named!], { alg: "RS256", kid: "2" })).toEqual([]);
  });
});
