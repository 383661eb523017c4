// What it costs to pick one of a thousand endpoints, by each algorithm, and to have passive checks, a breaker and the load of
// endpoints hear of an attempt: µs of CPU, the best of several rounds.
//
//   npm run bench balance
import { createBreakers } from "../../dist/runtime/upstream/attempts/breakers.js";
import { createEjection } from "../../dist/runtime/upstream/attempts/ejection.js";
import { EndpointSet } from "../../dist/runtime/upstream/attempts/endpoint-set.js";
import { createConsistentHash } from "../../dist/runtime/upstream/balance/consistent-hash.js";
import { createEndpointLoads } from "../../dist/runtime/upstream/balance/endpoint-load.js";
import { createLevels } from "../../dist/runtime/upstream/balance/levels.js";
import { createRoundRobin } from "../../dist/runtime/upstream/balance/round-robin.js";
import { createLeastRequests, createPowerOfTwo, createRandom } from "../../dist/runtime/upstream/balance/two-choices.js";
import { createZoneLevels } from "../../dist/runtime/upstream/balance/zones/zone-levels.js";
import { createZones } from "../../dist/runtime/upstream/balance/zones/zones.js";

function cpuOf(work, count = 500_000) {
  let best = Number.POSITIVE_INFINITY;
  for (let round = 0; round < 9; round++) {
    const before = process.cpuUsage();
    for (let index = 0; index < count; index++) work(index);
    const { user, system } = process.cpuUsage(before);
    best = Math.min(best, (user + system) / count);
  }
  return best;
}

let isMissed = false;
function row(what, value, goal) {
  isMissed ||= value > goal;
  const verdict = value > goal ? "MISSED" : "";
  console.log(`${what.padEnd(52)} ${value.toFixed(3).padStart(8)} µs   at most ${goal}   ${verdict}`);
}

const endpointsOf = (count, weightOf = () => 1) =>
  Array.from({ length: count }, (_, index) => ({
    url: `http://10.0.${index >> 8}.${index & 255}:8080`,
    weight: weightOf(index),
    basePath: "",
    marks: 0,
  }));

const exchange = { operation: { id: "bench" } };
let key = 0;
const byKey = () => createConsistentHash({ key: () => `tenant-${key++ % 5000}`, balance: 1.25 });
const places = Array.from({ length: 1000 }, (_, index) => ({ priority: index < 500 ? 0 : 1 }));

for (const [name, create, goal] of [
  ["random", createRandom, 0.3],
  ["roundRobin", createRoundRobin, 0.3],
  ["leastRequests", createLeastRequests, 0.3],
  ["powerOfTwo", createPowerOfTwo, 0.3],
  ["consistentHash", byKey, 0.6],
  ["powerOfTwo of a priority", () => createLevels({ loadBalancer: createPowerOfTwo(), places }), 0.3],
]) {
  for (const [weights, weightOf] of [
    ["all of one weight", () => 1],
    ["of ten weights", (index) => 1 + (index % 10)],
  ]) {
    const set = new EndpointSet(endpointsOf(1000, weightOf), create());
    createEndpointLoads().watch(set);
    for (const endpoint of set.all) {
      endpoint.load.began();
      endpoint.load.ended("ok", 5, 1);
    }
    row(
      `pick of 1,000 ${weights}: ${name}`,
      cpuOf(() => set.picker.pick(exchange)),
      goal,
    );
  }
}

{
  const places = Array.from({ length: 10_000 }, (_, index) => ({ zone: `eu-${index % 3}` }));
  const zones = createZones({ service: "bench", places, zone: "eu-0", byLatency: true, slower: 2, probe: 0.01 });
  const all = new EndpointSet(endpointsOf(10_000), createZoneLevels({ loadBalancer: createPowerOfTwo(), zones }));
  createEndpointLoads().watch(all);
  zones.watch(all);
  row(
    "pick of 10,000 in three zones that are compared",
    cpuOf(() => all.picker.pick(exchange)),
    0.3,
  );
  row(
    "whose zones 10,000 endpoints are, and a pick",
    cpuOf(() => {
      all.replace([...all.all]);
      zones.watch(all);
      all.picker.pick(exchange);
    }, 20),
    5_000,
  );
}

const set = new EndpointSet(endpointsOf(3), createPowerOfTwo());
const watchers = [
  createEndpointLoads(),
  createEjection({
    service: "bench",
    consecutive: 5,
    errorRate: 0.5,
    minimum: 20,
    window: 10_000,
    eject: 10_000,
    maxEject: 60_000,
    most: 0.5,
  }),
  createBreakers({
    service: "bench",
    perOperation: false,
    errorRate: 0.5,
    minimum: 20,
    window: 10_000,
    open: 5_000,
    maxOpen: 60_000,
    probes: 5,
  }),
];
for (const watcher of watchers) watcher.watch?.(set);
let now = 1_000;
row(
  "one good attempt, heard of by load, ejection, breaker",
  cpuOf(() => {
    now += 0.1;
    const attempt = {
      endpoint: set.picker.pick(exchange),
      startedAt: now,
      headAt: now + 2,
      endedAt: now + 3,
      status: 200,
      error: "",
    };
    const permits = watchers[2].of(exchange).permits;
    if (!permits) throw new Error("the breaker opened");
    for (const watcher of watchers) watcher.began?.(attempt, exchange);
    for (const watcher of watchers) watcher.ended(attempt, "ok", exchange);
  }),
  1,
);
if (isMissed) process.exitCode = 1;
