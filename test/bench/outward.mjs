// What it costs to tell services who calls, and to have a credential for them: µs of CPU for each request, beside one signature.
//
//   npm run -s build && node test/bench/outward.mjs
import { generateKeyPairSync, sign } from "node:crypto";
import { HeaderList } from "../../dist/runtime/fields/header-list.js";
import { createServiceAuthentication } from "../../dist/runtime/identity/outward/service-authentication.js";
import { TokenCache } from "../../dist/runtime/identity/outward/token-cache.js";
import { createSigningKeys } from "../../dist/runtime/identity/signing/signing-keys.js";
import { createIdentityHeaders } from "../../dist/runtime/policies/identity-headers/index.js";
import { createSignedIdentity } from "../../dist/runtime/policies/identity-headers/signed.js";

/** µs of CPU for one call; the best of several rounds, as others use the machine too. */
function cpuOf(count, work) {
  let best = Number.POSITIVE_INFINITY;
  for (let round = 0; round < 5; round++) {
    const before = process.cpuUsage();
    for (let index = 0; index < count; index++) work(index);
    const { user, system } = process.cpuUsage(before);
    best = Math.min(best, (user + system) / count);
  }
  return best;
}

const many = 300_000;
const { privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
const pem = privateKey.export({ type: "pkcs8", format: "pem" });
const keys = createSigningKeys({ pem, from: "bench", algorithm: "ES256" });
const callers = Array.from({ length: 1000 }, (_, index) => ({
  identity: { subject: `caller-${index}`, scheme: "key", roles: ["partner", "buyer"], scopes: [] },
  slots: [],
  headers: new HeaderList(),
  target: undefined,
}));
const upstream = { headers: new HeaderList() };
const fields = [
  { name: "X-User", value: (x) => x.identity.subject },
  { name: "X-Roles", value: (x) => x.identity.roles },
];
const plain = createIdentityHeaders({ fields });
const token = { at: "bench", header: "X-Identity", keys, issuer: "bench", audience: "orders", lifeMs: 3_600_000 };
const signed = createSignedIdentity({ ...token, fields: [], claims: [{ name: "roles", value: (x) => x.identity.roles }] });
const cache = new TokenCache({ name: "bench", most: 1, report() {} });
await cache.give("", async () => ({ token: "a-token", lifeMs: 3_600_000 }));
const credential = { name: "bench", give: () => cache.give("", () => Promise.reject(new Error("asked again"))) };
const service = { slot: 0, service: "orders", credentials: [{ service: "orders", credential }], schemes: [], passes: false };
const authentication = createServiceAuthentication(service);

const input = Buffer.from("a".repeat(200));
const signature = cpuOf(5_000, () => sign("sha256", input, { key: privateKey, dsaEncoding: "ieee-p1363" }));
const row = (what, value) =>
  console.log(`${what.padEnd(44)} ${value.toFixed(3).padStart(9)} µs   ${(value / signature).toFixed(4)} of a signature`);

row("one ES256 signature", signature);
row(
  "two fields",
  cpuOf(many, (index) => plain.upstreamRequest(callers[index % 1000], upstream)),
);
row(
  "a signed token, caller seen before",
  cpuOf(many, (index) => signed.upstreamRequest(callers[index % 1000], upstream)),
);
row(
  "a token for the service, not ended",
  cpuOf(many, (index) => {
    const x = callers[index % 1000];
    authentication.request(x);
    authentication.upstreamRequest(x, upstream);
  }),
);
