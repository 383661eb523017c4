// Prints what a token costs: one that was seen before, in microseconds, and one that was not, as a multiple of one
// `crypto.verify` of the same signature in the same run.
// Usage: npm run -s build && node test/bench/jwt-scheme.mjs
//
// Each figure is processor time: the least of several rounds. What a busy machine adds is not in it.
import crypto from "node:crypto";
import { HeaderList } from "../../dist/runtime/fields/header-list.js";
import { createInlineKeys } from "../../dist/runtime/identity/jwt/inline-keys.js";
import { createJwt } from "../../dist/runtime/identity/jwt/scheme.js";

const goals = { seen: 1.5, unseen: 1.3 };
const tokens = 400;
const rounds = 60;

const kinds = {
  RS256: { make: () => crypto.generateKeyPairSync("rsa", { modulusLength: 2048 }), hash: "sha256", options: {} },
  ES256: {
    make: () => crypto.generateKeyPairSync("ec", { namedCurve: "P-256" }),
    hash: "sha256",
    options: { dsaEncoding: "ieee-p1363" },
  },
  EdDSA: { make: () => crypto.generateKeyPairSync("ed25519"), hash: null, options: {} },
};

const issuer = "https://login.example.com/";
const algorithms = ["RS256", "PS256", "ES256", "EdDSA"];
const part = (value) => Buffer.from(JSON.stringify(value)).toString("base64url");

/** What access tokens of a company's issuer look like. */
const claims = (index) => ({
  iss: issuer,
  sub: crypto.randomUUID(),
  aud: ["shop", "account"],
  exp: Math.floor(Date.now() / 1_000) + 3_600,
  iat: Math.floor(Date.now() / 1_000),
  jti: `token-${index}-${crypto.randomUUID()}`,
  azp: "web",
  scope: "openid profile orders:read orders:write",
  realm_access: { roles: ["buyer", "offline_access"] },
  email: "alice@example.com",
  name: "Alice Example",
});

const schemeWith = (jwk) =>
  createJwt({
    name: "bearerAuth",
    challenge: "Bearer",
    errorChallenge: "Bearer",
    grants: "scopes",
    from: { in: "authorization" },
    forward: true,
    issuers: [
      {
        keys: createInlineKeys({ keys: JSON.stringify([jwk]), algorithms, scheme: "bearerAuth" }),
        names: [{ issuer, tenant: null }],
      },
    ],
    algorithms,
    rules: { audience: ["shop"], leeway: 30, requireExp: true, types: ["", "jwt", "at+jwt"] },
    identity: { subject: ["sub"], roles: ["realm_access", "roles"], scopes: null, tenant: null, tier: null },
    dpop: null,
    claims: null,
  });

/** The head of a request as a connection gives it: a text of its own for each. */
const exchangeOf = (token) => ({
  headers: new HeaderList([
    "Host",
    "shop.example.com",
    "User-Agent",
    "bench",
    "Accept",
    "*/*",
    "Authorization",
    Buffer.from(`Bearer ${token}`, "latin1").toString("latin1"),
  ]),
  peer: {},
  query: "",
});

/** Microseconds of processor time for each of `count` pieces of work. */
function cost(count, work) {
  const start = process.cpuUsage();
  work();
  const { user, system } = process.cpuUsage(start);
  return (user + system) / count;
}

let isMissed = false;
for (const [alg, { make, hash, options }] of Object.entries(kinds)) {
  const { privateKey, publicKey } = make();
  const jwk = { ...publicKey.export({ format: "jwk" }), kid: "k1", use: "sig", alg };
  const made = Array.from({ length: tokens }, (_, index) => {
    const signed = `${part({ alg, kid: "k1", typ: "at+jwt" })}.${part(claims(index))}`;
    const signature = crypto.sign(hash, Buffer.from(signed), { key: privateKey, ...options });
    return { signed: Buffer.from(signed), signature, token: `${signed}.${signature.toString("base64url")}` };
  });
  const figures = { verify: Infinity, unseen: Infinity, seen: Infinity };
  for (let round = 0; round < rounds; round++) {
    const scheme = schemeWith(jwk);
    const first = made.map(({ token }) => exchangeOf(token));
    const key = { key: publicKey, ...options };
    const verify = cost(tokens, () => {
      for (const { signed, signature } of made) if (!crypto.verify(hash, signed, key, signature)) throw new Error("not verified");
    });
    const unseen = cost(tokens, () => {
      for (const x of first) if (scheme.authenticate(x).subject === undefined) throw new Error("refused");
    });
    // Each time as a new text, whose hash nobody has computed yet.
    const again = Array.from({ length: 20 }, () => made.map(({ token }) => exchangeOf(token))).flat();
    const seen = cost(again.length, () => {
      for (const x of again) if (scheme.authenticate(x).subject === undefined) throw new Error("refused");
    });
    figures.verify = Math.min(figures.verify, verify);
    figures.unseen = Math.min(figures.unseen, unseen);
    figures.seen = Math.min(figures.seen, seen);
  }
  const times = figures.unseen / figures.verify;
  const isOver = times > goals.unseen || figures.seen > goals.seen;
  isMissed ||= isOver;
  console.log(
    `${alg}  not seen ${figures.unseen.toFixed(1).padStart(6)} µs, ${times.toFixed(2)} × one crypto.verify (goal ${goals.unseen})  seen before ${figures.seen.toFixed(2)} µs (goal ${goals.seen})${isOver ? "   MISSED" : ""}`,
  );
}
process.exitCode = isMissed ? 1 : 0;
