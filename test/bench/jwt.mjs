// Prints microseconds to verify a token that was not seen before: ours, one bare crypto.verify of the same signature, and
// jwtVerify of jose, for each kind of signature; and what a DPoP proof costs beside its own crypto.verify.
// Usage: npm run -s build && node test/bench/jwt.mjs
//
// Each figure is processor time, the least of 60 rounds over 100 distinct tokens; the rounds of all three take turns, so that
// a busy machine bears on all of them alike. The goal for ours is 1.3 × one crypto.verify.
import crypto from "node:crypto";
import { createLocalJWKSet, jwtVerify } from "jose";
import { judgeBinding } from "../../dist/runtime/identity/jose/judge-binding.js";
import { judgeClaims } from "../../dist/runtime/identity/jose/judge-claims.js";
import { fittingKeys, readKeySet } from "../../dist/runtime/identity/jose/key-set.js";
import { createProofKeys } from "../../dist/runtime/identity/jose/proof-keys.js";
import { readToken } from "../../dist/runtime/identity/jose/read-token.js";
import { sha256, thumbprint } from "../../dist/runtime/identity/jose/thumbprint.js";
import { accessTokenTypes } from "../../dist/runtime/identity/jose/token-type.js";
import { isSignedBy } from "../../dist/runtime/identity/jose/verify-signature.js";

const rounds = 60;
const tokens = 100;
const goal = 1.3;
const issuer = "https://issuer.example/realms/shop";
const now = Math.floor(Date.now() / 1_000);

const kinds = {
  RS256: { hash: "sha256", pair: () => crypto.generateKeyPairSync("rsa", { modulusLength: 2048 }), options: {} },
  ES256: {
    hash: "sha256",
    pair: () => crypto.generateKeyPairSync("ec", { namedCurve: "P-256" }),
    options: { dsaEncoding: "ieee-p1363" },
  },
  EdDSA: { hash: null, pair: () => crypto.generateKeyPairSync("ed25519"), options: {} },
};

/** As sockets give it: no text that V8 has put together from pieces. */
const flat = (text) => Buffer.from(text, "latin1").toString("latin1");
const encoded = (value) => Buffer.from(JSON.stringify(value)).toString("base64url");

function signed({ hash, options }, key, header, claims) {
  const input = `${encoded(header)}.${encoded(claims)}`;
  const signature = crypto.sign(hash, Buffer.from(input), { key, ...options });
  return { text: flat(`${input}.${signature.toString("base64url")}`), bytes: Buffer.from(input), signature };
}

/** What issuers put into an access token: some 700 characters. */
const claimsOf = (index) => ({
  iss: issuer,
  aud: ["orders", "account"],
  sub: `f9a1c1c2-1f3e-4c7f-9a77-${String(index).padStart(12, "0")}`,
  exp: now + 3_600,
  iat: now,
  jti: `6d7c2f60-5b1e-4d0f-8a55-${String(index).padStart(12, "0")}`,
  azp: "shop-web",
  scope: "openid profile orders:read orders:write",
  realm_access: { roles: ["customer", "offline_access"] },
  email: "ada@example.com",
});

/** Least microseconds of one call, of each of the measured; they take turns. */
async function least(measured) {
  const figures = measured.map(() => Number.POSITIVE_INFINITY);
  for (let round = 0; round < rounds; round++) {
    for (const [at, run] of measured.entries()) {
      const from = process.cpuUsage();
      await run();
      const { user, system } = process.cpuUsage(from);
      figures[at] = Math.min(figures[at], (user + system) / tokens);
    }
  }
  return figures;
}

let worst = 0;
for (const [alg, kind] of Object.entries(kinds)) {
  const { publicKey, privateKey } = kind.pair();
  const jwks = { keys: [{ ...publicKey.export({ format: "jwk" }), kid: "2026-11", use: "sig", alg }] };
  const all = Array.from({ length: tokens }, (_, index) =>
    signed(kind, privateKey, { alg, typ: "JWT", kid: "2026-11" }, claimsOf(index)),
  );
  const { keys } = readKeySet(jwks, [alg]);
  const rules = { issuer, audience: ["orders"], leeway: 30, requireExp: true, types: accessTokenTypes };
  const joseKeys = createLocalJWKSet(jwks);
  const options = { issuer, audience: "orders", algorithms: [alg], clockTolerance: 30 };
  let verified = 0;
  const [bare, ours, jose] = await least([
    () => {
      for (const { bytes, signature } of all)
        if (crypto.verify(kind.hash, bytes, { key: publicKey, ...kind.options }, signature)) verified++;
    },
    () => {
      for (const { text } of all) {
        const token = readToken(text);
        const [key] = fittingKeys(keys, token.header);
        if (isSignedBy(token, key) && judgeClaims(token, rules, now) === undefined) verified++;
      }
    },
    async () => {
      for (const { text } of all) if ((await jwtVerify(text, joseKeys, options)).payload.iss === issuer) verified++;
    },
  ]);
  if (verified !== 3 * rounds * tokens) throw new Error(`${alg}: not every token was verified`);
  worst = Math.max(worst, ours / bare);
  const micro = (figure) => `${figure.toFixed(1).padStart(6)} µs`;
  console.log(
    `${alg}  crypto.verify ${micro(bare)}  ours ${micro(ours)} (${(ours / bare).toFixed(2)} ×)  jose ${micro(jose)} (${(jose / bare).toFixed(2)} ×)`,
  );

  const dpop = await proofs(alg, kind);
  console.log(
    `${alg}  DPoP proof: crypto.verify ${micro(dpop.bare)}  ours ${micro(dpop.ours)} (${(dpop.ours / dpop.bare).toFixed(2)} ×)`,
  );
}
await refusals();
console.log(`worst ${worst.toFixed(2)} × one crypto.verify; the goal is ${goal}`);
process.exitCode = worst <= goal ? 0 : 1;

/** What costs whoever sends it more than us. */
async function refusals() {
  const header = encoded({ alg: "PBES2-HS512+A256KW", enc: "A256GCM", p2c: 2 ** 31, p2s: "AAAA", zip: "DEF" });
  const members = `{${Array.from({ length: 1_200 }, (_, at) => `"${at % 1_199}":0`).join()}}`;
  const hostile = {
    "a JWE with PBES2 and zip": flat(`${header}.AAAA.AAAA.${"A".repeat(16_000)}.AAAA`),
    "a token of 1 MB": flat("A".repeat(1 << 20)),
    "a token of 1,200 members, one of them twice": flat(
      `${encoded({ alg: "RS256" })}.${Buffer.from(members).toString("base64url")}.AAAA`,
    ),
  };
  for (const [name, text] of Object.entries(hostile)) {
    const [figure] = await least([
      () => {
        for (let time = 0; time < tokens; time++) if (typeof readToken(text) !== "string") throw new Error(`${name} was read`);
      },
    ]);
    console.log(`${name} is refused in ${figure.toFixed(1)} µs`);
  }
}

async function proofs(alg, kind) {
  const { publicKey, privateKey } = kind.pair();
  const jwk = publicKey.export({ format: "jwk" });
  const token = "the.access.token";
  const all = Array.from({ length: tokens }, (_, index) => {
    const claims = { jti: `${index}`, htm: "GET", htu: "https://shop.example.com/orders", iat: now, ath: sha256(token) };
    return signed(kind, privateKey, { typ: "dpop+jwt", alg, jwk }, claims);
  });
  const claims = { cnf: { jkt: thumbprint(jwk) } };
  const rules = { algorithms: [alg], required: false, seen: { admit: () => "new" }, keys: createProofKeys(), parameters: "" };
  const exchanges = all.map(({ text }) => ({
    method: "GET",
    sentTarget: "/orders",
    authority: "shop.example.com",
    peer: { secure: true },
    headers: { single: () => text },
  }));
  const [bare, ours] = await least([
    () => {
      for (const { bytes, signature } of all) crypto.verify(kind.hash, bytes, { key: publicKey, ...kind.options }, signature);
    },
    () => {
      for (const x of exchanges) {
        const rejection = judgeBinding(claims, { token, as: "dpop" }, x, rules, now);
        if (rejection !== undefined) throw new Error(rejection.reason);
      }
    },
  ]);
  return { bare, ours };
}
