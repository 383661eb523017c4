// What knowing the caller costs a request over the bare proxy, which gets the same requests with the same credential and looks
// at none of it. Tokens were seen before.
//
//   npm run bench known-callers [-- --rounds=15 --seconds=1]
//
// First the pieces that differ, in this process: the step of authentication, and the head that goes to the service. Each figure
// is processor time, the least of many rounds: what a busy machine adds is not in it, so it is the one that is judged. Then
// whole gateways under load, for what the pieces leave out.
import { parseArgs } from "node:util";
import { RequestHeadReader } from "../../dist/runtime/http1/request-head.js";
import { createStaticKeys } from "../../dist/runtime/identity/api-key/static-keys.js";
import { createInlineKeys } from "../../dist/runtime/identity/jwt/inline-keys.js";
import { createJwt } from "../../dist/runtime/identity/jwt/scheme.js";
import { createSingleSecurity } from "../../dist/runtime/policies/security/index.js";
import { changedRequestText } from "../../dist/runtime/upstream/changed-request.js";
import { requestText } from "../../dist/runtime/upstream/request-text.js";
import { issuer, jwk, jwtOptions, newToken } from "./data-plane/access-token.mjs";
import { buildGateway, keyGateway, routeGateway, startGateway, tokenGateway } from "./data-plane/gateways.mjs";
import { saturate } from "./data-plane/load.mjs";
import { startService } from "./data-plane/peers.mjs";
import { stopAll } from "./data-plane/processes.mjs";
import { difference, printSubjects, takeTurns } from "./data-plane/rounds.mjs";
import { key } from "./support.mjs";

const { values } = parseArgs({
  options: { rounds: { type: "string", default: "15" }, seconds: { type: "string", default: "1" } },
});
const goal = 1.5;
const requests = 200;
const reader = new RequestHeadReader({ headBytes: 32_768, fieldLines: 100 });
const gateway = { pseudonym: "gatewright (bench 0123456789ab)", parts: { changedRequestText } };
const endpoint = { basePath: "" };
const pathChange = { strip: 0, prepend: "" };

const headWith = (field) =>
  Buffer.from(
    `GET /orders/ord_123 HTTP/1.1\r\nHost: shop.example.com\r\nUser-Agent: Mozilla/5.0 (X11; Linux x86_64) bench\r\nAccept: application/json\r\nAccept-Encoding: gzip, br\r\n${field}\r\n\r\n`,
  );

/** What the pieces look at of an exchange. */
function exchangeOf(bytes, step) {
  if (reader.read(bytes, 0, bytes.length) !== 1) throw new Error("the head was not read");
  const { head } = reader;
  return {
    method: head.method,
    head,
    headers: head.headers,
    query: "",
    path: "/orders/ord_123",
    authority: "shop.example.com",
    peer: { ip: "127.0.0.1", connectionIp: "127.0.0.1", secure: false },
    client: {},
    isPeerTrusted: false,
    identity: undefined,
    state: { proxies: undefined, gateway },
    operation: {
      upstreamRequest: step === undefined || step.passesAll ? null : (x, upstream) => step.upstreamRequest(x, upstream),
    },
  };
}

/** Least microseconds for a request of each of the subjects, which take turns. */
function least(subjects) {
  const figures = subjects.map(() => Number.POSITIVE_INFINITY);
  let written = 0;
  for (let round = 0; round < 100; round++)
    for (const [at, { step, heads }] of subjects.entries()) {
      const all = heads.map((bytes) => exchangeOf(bytes, step));
      const from = process.cpuUsage();
      for (const x of all) {
        if (step !== undefined && step.request(x) !== false) throw new Error("a right credential was refused");
        const text = requestText(x, endpoint, pathChange, "");
        // As a connection does, which writes one text.
        written += (text.start + text.rest).charCodeAt(0);
      }
      const { user, system } = process.cpuUsage(from);
      figures[at] = Math.min(figures[at], (user + system) / all.length);
    }
  if (written === 0) throw new Error("nothing was written");
  return figures;
}

const algorithms = jwtOptions.algorithms;
const scheme = { name: "token", challenge: "Bearer", errorChallenge: "Bearer", realm: "", grants: "scopes" };
const jwtStep = (forward) => {
  const keys = createInlineKeys({ keys: JSON.stringify([jwk]), algorithms, scheme: "token" });
  const made = createJwt({
    ...scheme,
    from: { in: "authorization" },
    forward,
    issuers: [{ keys, names: [{ issuer, tenant: null }] }],
    algorithms,
    rules: { audience: ["shop"], leeway: 30, requireExp: true, types: ["", "jwt", "at+jwt"] },
    identity: { subject: ["sub"], roles: null, scopes: null, tenant: null, tier: null },
    dpop: null,
    claims: null,
  });
  return Object.assign(createSingleSecurity({ scheme: made }), { passesAll: forward });
};
const keyStep = createSingleSecurity({
  scheme: createStaticKeys({
    name: "key",
    in: "header",
    parameter: "x-api-key",
    challenge: "ApiKey",
    forward: "none",
    consumers: [{ subject: "acme", key, roles: [], scopes: [] }],
  }),
});
const tokens = Array.from({ length: requests }, () => headWith(`Authorization: Bearer ${newToken()}`));
const keys = Array.from({ length: requests }, () => headWith(`X-Api-Key: ${key}`));
const [bareToken, passed, taken, bareKey, keyed] = least([
  { heads: tokens },
  { step: jwtStep(true), heads: tokens },
  { step: jwtStep(false), heads: tokens },
  { heads: keys },
  { step: keyStep, heads: keys },
]);
let isMissed = false;
for (const [what, found, bare] of [
  ["jwt, which goes on to the service", passed, bareToken],
  ["jwt, which is taken out", taken, bareToken],
  ["apiKey, which is taken out", keyed, bareKey],
]) {
  isMissed ||= found - bare > goal;
  console.log(
    `${what.padEnd(36)} ${(found - bare).toFixed(2)} µs over ${bare.toFixed(2)} µs of the bare proxy, at most ${goal}${found - bare > goal ? "   MISSED" : ""}`,
  );
}

const service = await startService();
const bare = await startGateway("bare", buildGateway(routeGateway(service)));
const withToken = { path: "/orders/ord_123", headers: { Authorization: `Bearer ${newToken()}` } };
const withKey = { path: "/orders/ord_123", headers: { "X-Api-Key": key } };
const started = (name, files) => startGateway(name, buildGateway(files));
const subjects = [
  { ...bare, name: "bare, no credential", request: { path: "/orders/ord_123" } },
  { ...bare, name: "bare, with the token", request: withToken },
  { ...(await started("jwt, passed on", tokenGateway(service, { ...jwtOptions, forward: "credential" }))), request: withToken },
  { ...(await started("jwt, taken out", tokenGateway(service, { ...jwtOptions, forward: "none" }))), request: withToken },
  { ...bare, name: "bare, with the key", request: withKey },
  { ...(await started("apiKey, taken out", keyGateway(service))), request: withKey },
];
console.log("\nwhole gateways under load");
const times = { rounds: Number(values.rounds), seconds: Number(values.seconds) };
await takeTurns(subjects, times, (subject, length) => saturate(subject, subject.request, { seconds: length, connections: 32 }));
printSubjects(subjects);
for (const [index, yardstick] of [
  [2, 1],
  [3, 1],
  [5, 4],
])
  console.log(
    `  ${subjects[index].name.padEnd(24)} ${difference(subjects[index], subjects[yardstick]).toFixed(1)} µs over ${subjects[yardstick].name}`,
  );
await stopAll();
process.exit(isMissed ? 1 : 0);
