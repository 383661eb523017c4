import crypto from "node:crypto";
import type { Algorithm } from "../../../../runtime/identity/jose/algorithms.ts";
import { encoded, pairOf, signatureOf } from "./tokens.ts";

export const now = 1_790_000_000;

/** A token and the key set it is for, before it is signed: members are JSON texts, so that one may come twice. */
export interface Draft {
  alg: Algorithm;
  header: [name: string, json: string][];
  claims: [name: string, json: string][];
  payload: (json: string) => Uint8Array;
  sign: (input: string) => Uint8Array;
  /** What happens to the finished token. */
  spell: (token: string) => string;
  keys: Record<string, unknown>[];
}

export const bases: readonly Algorithm[] = ["RS256", "PS256", "ES256", "ES512", "EdDSA"];

export function draft(alg: Algorithm): Draft {
  const pair = pairOf(alg);
  return {
    alg,
    header: [
      ["alg", JSON.stringify(alg)],
      ["kid", '"1"'],
      ["typ", '"JWT"'],
    ],
    claims: [
      ["iss", '"https://issuer.example"'],
      ["aud", '"orders"'],
      ["sub", '"ada"'],
      ["exp", String(now + 60)],
    ],
    payload: (json) => Buffer.from(json),
    sign: (input) => signatureOf(pair, input),
    spell: (token) => token,
    keys: [{ ...pair.jwk, kid: "1" }],
  };
}

export function written({ header, claims, payload, sign, spell }: Draft): string {
  const json = (members: readonly (readonly [string, string])[]): string =>
    `{${members.map(([name, value]) => `${JSON.stringify(name)}:${value}`).join(",")}}`;
  const input = `${encoded(json(header))}.${encoded(payload(json(claims)))}`;
  return spell(`${input}.${encoded(sign(input))}`);
}

export interface Mutation {
  readonly name: string;
  readonly apply: (draft: Draft) => void;
  /** Who refuses what the other accepts, and why that is right; absent: both judge alike. */
  readonly differs?: readonly ["ours" | "jose", string];
}

type Differs = Mutation["differs"];

const set = (members: Draft["header"], name: string, value: unknown): void => {
  const at = members.findIndex(([known]) => known === name);
  if (at >= 0) members.splice(at, 1);
  if (value !== undefined)
    members.push([name, typeof value === "object" && value instanceof Raw ? value.json : JSON.stringify(value)]);
};
/** JSON that `JSON.stringify` does not write. */
class Raw {
  readonly json: string;
  constructor(json: string) {
    this.json = json;
  }
}
const shown = (value: unknown): string =>
  value instanceof Raw ? value.json : value === undefined ? "absent" : JSON.stringify(value).slice(0, 60);

const header = (name: string, value: unknown, differs?: Differs): Mutation => ({
  name: `header ${name} ${shown(value)}`,
  apply: (draft) => set(draft.header, name, value),
  ...(differs === undefined ? {} : { differs }),
});
const claim = (name: string, value: unknown, differs?: Differs): Mutation => ({
  name: `claim ${name} ${shown(value)}`,
  apply: (draft) => set(draft.claims, name, value),
  ...(differs === undefined ? {} : { differs }),
});
const spelt = (name: string, spell: (token: string) => string, differs?: Differs): Mutation => ({
  name,
  apply: (draft) => {
    const before = draft.spell;
    draft.spell = (token) => spell(before(token));
  },
  ...(differs === undefined ? {} : { differs }),
});
const keys = (name: string, change: (draft: Draft) => void, differs?: Differs): Mutation => ({
  name,
  apply: change,
  ...(differs === undefined ? {} : { differs }),
});

const oneSpelling: Differs = ["ours", "a token has one spelling (RFC 4648 §3.5); lists and caches know it by that"];
const oneMeaning: Differs = ["ours", "members that come twice may be read differently by the next reader (RFC 7519 §4)"];
const otherToken: Differs = ["ours", "it is another kind of token of the same issuer (RFC 8725 §3.11)"];
const noDate: Differs = ["ours", "a date that no clock reaches is none (RFC 7519 §2)"];
const noText: Differs = ["ours", "the claim is defined as a text (RFC 7519 §4.1)"];
const noPrototype: Differs = ["ours", "a member of that name turns objects into others"];

const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
const nextTo = (character: string): string => alphabet[alphabet.indexOf(character) ^ 1] ?? "A";
const parts = (token: string): [string, string, string] => token.split(".") as [string, string, string];

export const mutations: readonly Mutation[] = [
  ...["none", "None", "rs256", "HS256", "RS512", "ES256K", "Ed25519x", "", 7, null, undefined, ["RS256"]].map((alg) =>
    header("alg", alg),
  ),
  header("kid", "2"),
  header("kid", "__proto__"),
  header("kid", "constructor"),
  header("kid", undefined),
  header("kid", 7),
  header("kid", null),
  header("typ", undefined),
  header("typ", "at+jwt"),
  header("typ", "application/at+jwt"),
  ...["logout+jwt", "dpop+jwt", "secevent+jwt", "JOSE+JSON"].map((typ) => header("typ", typ, otherToken)),
  header("typ", 7, ["ours", "`typ` is a text (RFC 7515 §4.1.9)"]),
  ...[[], ["x"], "x", ["alg"], null, {}].map((crit) => header("crit", crit)),
  header("b64", true, ["ours", "`b64` without `crit` says nothing, and a JWT has none (RFC 7797 §7)"]),
  header("b64", false, ["ours", "a JWT has no `b64` (RFC 7797 §7)"]),
  header("cty", "JWT"),
  header("jku", "https://evil.example/keys"),
  header("jwk", { kty: "oct", k: "AAAA" }),
  header("zip", "DEF"),
  { name: "header alg twice", apply: ({ header: members }) => members.unshift(["alg", '"none"']), differs: oneMeaning },
  { name: "header __proto__", apply: ({ header: members }) => members.push(["__proto__", "{}"]), differs: noPrototype },

  claim("exp", undefined, ["ours", "a token that never ends cannot be taken back (RFC 8725 §3.8)"]),
  claim("exp", new Raw("1e400"), noDate),
  claim("exp", 1e300, noDate),
  ...[String(now + 60), null, [now + 60], {}, true, -1, now + 0.5, now - 29, now - 30, now - 31].map((exp) => claim("exp", exp)),
  ...[now + 29, now + 30, now + 31, "soon", null].map((nbf) => claim("nbf", nbf)),
  claim("nbf", -1e300, noDate),
  claim("iat", now + 3_600),
  claim("iat", 0),
  claim("iat", "now"),
  claim("iat", -1e300, noDate),
  ...["https://issuer.example/", "HTTPS://issuer.example", undefined, 7, ["https://issuer.example"]].map((iss) =>
    claim("iss", iss),
  ),
  ...["order", "ORDERS", [], ["billing"], ["billing", "orders"], undefined, 7, {}].map((aud) => claim("aud", aud)),
  claim("aud", ["orders", 7], ["ours", "`aud` lists texts (RFC 7519 §4.1.3)"]),
  ...[7, null, ["ada"], {}, ""].map((sub) => claim("sub", sub, noText)),
  claim("sub", undefined),
  claim("jti", 7, noText),
  claim("sid", ["a"], noText),
  claim("events", {}, otherToken),
  claim("at_hash", "x", otherToken),
  claim("nonce", "x", otherToken),
  claim("typ", "ID", otherToken),
  claim("token_introspection", {}, otherToken),
  claim("typ", "Bearer"),
  claim("constructor", "x"),
  claim("roles", ["admin"]),
  claim("deep", new Raw(`${"[".repeat(18)}1${"]".repeat(18)}`)),
  claim("deep", new Raw(`${"[".repeat(30)}1${"]".repeat(30)}`), ["ours", "more levels than any claim has"]),
  claim("large", "x".repeat(20_000), ["ours", "longer than 16 KiB"]),
  claim("__proto__", { roles: ["admin"] }, noPrototype),
  { name: "claim sub twice", apply: ({ claims }) => claims.unshift(["sub", '"root"']), differs: oneMeaning },
  { name: "claim exp twice", apply: ({ claims }) => claims.unshift(["exp", "1"]), differs: oneMeaning },
  { name: "claims are a list", apply: (draft) => void (draft.payload = () => Buffer.from("[]")) },
  { name: "claims are null", apply: (draft) => void (draft.payload = () => Buffer.from("null")) },
  { name: "claims are empty", apply: (draft) => void (draft.payload = () => Buffer.alloc(0)) },
  {
    name: "claims begin with a byte order mark",
    apply: (draft) => void (draft.payload = (json) => Buffer.from(`\ufeff${json}`)),
    differs: ["ours", "JSON has no byte order mark (RFC 8259 §8.1)"],
  },
  {
    name: "claims are not UTF-8",
    apply: (draft) => void (draft.payload = (json) => Buffer.from(json.replace('{"', '{"\xff":1,"'), "latin1")),
  },
  {
    name: "claims with white space",
    apply: (draft) => void (draft.payload = (json) => Buffer.from(` ${json.replaceAll(",", "\n,\t")} `)),
  },

  spelt("=: a padded signature", (token) => `${token}=`),
  spelt("a newline at the end", (token) => `${token}\n`, oneSpelling),
  spelt("a blank in the payload", (token) => token.replace(/\.(...)/, ".$1 ")),
  spelt("a blank in front", (token) => ` ${token}`),
  spelt("a comma and another token", (token) => `${token},${token}`),
  spelt("one more part", (token) => `${token}.`),
  spelt("without signature", (token) => token.slice(0, token.lastIndexOf(".") + 1)),
  spelt("without the last part", (token) => token.slice(0, token.lastIndexOf("."))),
  spelt("the last character of the signature turned", (token) => token.slice(0, -1) + nextTo(token.at(-1)!), oneSpelling),
  spelt("the first character of the signature turned", (token) => {
    const [head, payload, signature] = parts(token);
    return `${head}.${payload}.${nextTo(signature[0] ?? "A")}${signature.slice(1)}`;
  }),
  spelt("a shorter signature", (token) => token.slice(0, -4)),
  spelt("a longer signature", (token) => `${token}AAAA`),
  spelt("another payload", (token) => {
    const [head, , signature] = parts(token);
    return `${head}.${encoded({ iss: "https://issuer.example", aud: "orders", sub: "root", exp: now + 60 })}.${signature}`;
  }),
  spelt("another header", (token) => [encoded({ alg: "HS256", kid: "1" }), ...token.split(".").slice(1)].join(".")),
  spelt("five parts", (token) => `${token}.AAAA.AAAA`),
  spelt("no text", () => ""),
  {
    name: "a signature in DER",
    apply: (draft) => {
      draft.sign = (input) => crypto.sign("sha256", Buffer.from(input), pairOf("ES256").privateKey);
    },
  },
  { name: "a signature of zeros", apply: (draft) => void (draft.sign = (input) => new Uint8Array(pairSize(draft, input))) },
  {
    name: "an HMAC over the public key",
    apply: (draft) => {
      set(draft.header, "alg", "HS256");
      const pem = crypto.createPublicKey(pairOf(draft.alg).privateKey).export({ type: "spki", format: "pem" });
      draft.sign = (input) => crypto.createHmac("sha256", pem).update(input).digest();
    },
  },

  keys("keys: none", (draft) => void (draft.keys = [])),
  keys(
    "keys: of another issuer with the same kid",
    (draft) => void (draft.keys = [{ ...pairOf(draft.alg, "foreign").jwk, kid: "1" }]),
  ),
  keys("keys: for encryption", (draft) => void (draft.keys = draft.keys.map((key) => ({ ...key, use: "enc" })))),
  keys("keys: key_ops without verify", (draft) => void (draft.keys = draft.keys.map((key) => ({ ...key, key_ops: ["sign"] })))),
  keys(
    "keys: key_ops with verify",
    (draft) => void (draft.keys = draft.keys.map((key) => ({ ...key, key_ops: ["verify"], use: "sig" }))),
  ),
  keys("keys: alg of the token", (draft) => void (draft.keys = draft.keys.map((key) => ({ ...key, alg: draft.alg })))),
  keys("keys: alg of another", (draft) => void (draft.keys = draft.keys.map((key) => ({ ...key, alg: "ES384" })))),
  keys(
    "keys: and one for encryption with the same kid",
    ({ keys: all }) => void all.unshift({ ...pairOf("RS256", "e").jwk, use: "enc", kid: "1" }),
  ),
  keys("keys: and one that nobody knows", ({ keys: all }) => void all.unshift({ kty: "AKP", kid: "9", pub: "AA" })),
  keys("keys: and a shared secret", ({ keys: all }) => void all.push({ kty: "oct", k: "A".repeat(43), kid: "9", alg: "HS256" })),
  keys("keys: without kid", (draft) => void (draft.keys = draft.keys.map(({ kid: _, ...key }) => key)), [
    "jose",
    "a key without `kid` may be that of a token with one: the signature says so",
  ]),
  keys("keys: the same one twice", (draft) => void draft.keys.push(...draft.keys.map((key) => ({ ...key }))), [
    "jose",
    "the same key twice is one key",
  ]),
  keys(
    "keys: two for the alg, and a token without kid",
    (draft) => {
      set(draft.header, "kid", undefined);
      draft.keys.unshift({ ...pairOf(draft.alg, "another").jwk, kid: "2" });
    },
    ["jose", "up to four keys are tried where the token names none (OpenID Connect's test kid-absent-multiple-jwks)"],
  ),
  keys(
    "keys: two with the same kid for the alg",
    (draft) => void draft.keys.unshift({ ...pairOf(draft.alg, "another").jwk, kid: "1" }),
  ),
  keys("keys: private", (draft) => {
    draft.keys = [{ ...(pairOf(draft.alg).privateKey.export({ format: "jwk" }) as Record<string, unknown>), kid: "1" }];
  }),
];

function pairSize({ alg }: Draft, input: string): number {
  return signatureOf(pairOf(alg), input).length;
}
