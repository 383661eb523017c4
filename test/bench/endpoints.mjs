// 10,000 endpoints that all change at once: how long the event loop works for it, in slices of what length, by each algorithm,
// with a cookie and with subsets, in the process that reads the registry and in one that only has what it found; and how soon
// after a change of a registry that pushes the first request is answered by the new endpoint.
//
//   npm run bench endpoints
import { mkdtempSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Repeat } from "../../dist/runtime/life/repeat.js";
import { createManagedService } from "../../dist/runtime/upstream/attempts/managed-service.js";
import { createSubsets } from "../../dist/runtime/upstream/attempts/subsets.js";
import { createConsistentHash } from "../../dist/runtime/upstream/balance/consistent-hash.js";
import { createEndpointLoads } from "../../dist/runtime/upstream/balance/endpoint-load.js";
import { createLevels } from "../../dist/runtime/upstream/balance/levels.js";
import { createRoundRobin } from "../../dist/runtime/upstream/balance/round-robin.js";
import { createSticky } from "../../dist/runtime/upstream/balance/sticky.js";
import { createLeastRequests, createPowerOfTwo, createRandom } from "../../dist/runtime/upstream/balance/two-choices.js";
import { createConsulSource } from "../../dist/runtime/upstream/discovery/consul/consul-source.js";
import { createDiscovery } from "../../dist/runtime/upstream/discovery/discovery.js";
import { createFileSource, readJson } from "../../dist/runtime/upstream/discovery/file-source.js";
import { createKubernetesSource } from "../../dist/runtime/upstream/discovery/kubernetes/kubernetes-source.js";

const count = 10_000;
const rounds = 10;
const goals = { total: 50, slice: 5 };

const listOf = (network) =>
  Array.from({ length: count }, (_, index) => ({
    address: `10.${network}.${index >> 8}.${index & 255}:8080`,
    id: `pod-${network}-${index}`,
    zone: index % 3 === 0 ? "eu-1" : "eu-2",
    metadata: { version: index % 2 === 0 ? "v1" : "v2" },
  }));

/** As it goes to other processes. */
const asText = (value) => JSON.stringify(value).length;

/** Of the process that reads the registry, and serves as well. */
function lifeOf(signal) {
  const topics = new Map();
  const log = { write() {} };
  return {
    log,
    signal,
    every: (milliseconds, work) => new Repeat({ milliseconds, work, signal, log }),
    latest(name) {
      const topic = topics.get(name) ?? { value: undefined, listeners: [] };
      topics.set(name, topic);
      return {
        get value() {
          return topic.value;
        },
        publish(value) {
          topic.value = value;
          asText(value);
          for (const listener of topic.listeners) listener(topic.value);
        },
        subscribe: (listener) => void topic.listeners.push(listener),
      };
    },
  };
}

const algorithms = {
  random: createRandom,
  roundRobin: createRoundRobin,
  leastRequests: createLeastRequests,
  powerOfTwo: createPowerOfTwo,
  consistentHash: () => createConsistentHash({ key: () => "tenant", balance: 1.25 }),
};

function serviceOf({ algorithm, sticky, subsets }) {
  return createManagedService({
    name: "orders",
    endpoints: [],
    loadBalancer: createLevels({ loadBalancer: algorithms[algorithm](), zone: "eu-1" }),
    watchers: [createEndpointLoads()],
    sticky: sticky ? createSticky({ cookie: "route", path: "/", sameSite: "Lax", key: "0123456789abcdef" }) : undefined,
    subsets: subsets
      ? createSubsets({
          subsets: [
            { name: "next", metadata: { version: "v2" }, when: () => false, mayBeAny: false },
            { name: "stable", metadata: { version: "v1" }, mayBeAny: false },
          ],
        })
      : undefined,
    timeout: { connect: 2_000, response: 30_000 },
    connections: { max: 1_024, pending: 4_096, idle: 60_000, streams: 100 },
    required: false,
  });
}

/** Milliseconds of CPU of this thread so far: what the collector of garbage does beside it does not keep the event loop. */
function cpu() {
  if (process.platform !== "linux") return process.cpuUsage().user / 1_000;
  return Number(readFileSync("/proc/thread-self/schedstat", "latin1").split(" ")[0]) / 1e6;
}

/** Milliseconds of CPU until `isOver`, looked at now and then. */
async function totalUntil(isOver) {
  const before = cpu();
  while (!isOver()) await new Promise((resolve) => setTimeout(resolve, 20));
  return cpu() - before;
}

/** Milliseconds of CPU of the longest piece of work between two turns of the event loop, until `isOver`. */
function longestUntil(isOver) {
  return new Promise((resolve) => {
    let longest = 0;
    let before = cpu();
    const turn = () => {
      longest = Math.max(longest, cpu() - before);
      if (isOver()) return resolve(longest);
      before = cpu();
      setImmediate(turn);
    };
    setImmediate(turn);
  });
}

let isMissed = false;
const print = (what, { total, longest }) => {
  const missed = total > goals.total || longest > goals.slice;
  isMissed ||= missed;
  console.log(
    `${what.padEnd(44)} ${total.toFixed(1).padStart(7)} ms   longest ${longest.toFixed(2).padStart(6)} ms   ${missed ? "MISSED" : ""}`,
  );
};

console.log(`${count} endpoints replaced at once: event loop at most ${goals.total} ms, a slice at most ${goals.slice} ms`);
for (const way of [
  ...Object.keys(algorithms).map((algorithm) => ({ algorithm })),
  { algorithm: "powerOfTwo", sticky: true },
  { algorithm: "powerOfTwo", subsets: true },
  { algorithm: "consistentHash", sticky: true, subsets: true },
]) {
  const best = { total: Number.POSITIVE_INFINITY, longest: Number.POSITIVE_INFINITY };
  const ending = new AbortController();
  const service = serviceOf(way);
  let findings;
  const source = {
    description: "bench",
    follow(_, told) {
      findings = told;
      return { soon() {} };
    },
  };
  const discovery = createDiscovery({ service, source, terms: { scheme: "http", path: "", metadata: ["version"] }, maxStale: 1e9, shrink: 0.5, confirm: 10_000 }); // biome-ignore format: one line
  const life = lifeOf(ending.signal);
  const started = discovery.start(life);
  discovery.own(life);
  for (let round = 0; round < rounds; round++) {
    const list = listOf(round);
    const { all } = service.set;
    // What is found is told no more often.
    await new Promise((resolve) => setTimeout(resolve, 250));
    let turns = 0;
    const isThere = () => service.set.all !== all && service.set.all.length === count;
    const isOver = () => isThere() && ++turns > (round % 2 === 0 ? 1 : 500);
    const measured = round % 2 === 0 ? totalUntil(isOver) : longestUntil(isOver);
    findings.found(list);
    await started;
    const ms = await measured;
    // The first ones warm up.
    if (round < 2) continue;
    // What others do on the machine and the collector of garbage make of it: the best counts.
    const which = round % 2 === 0 ? "total" : "longest";
    best[which] = Math.min(best[which], ms);
  }
  ending.abort();
  print([way.algorithm, way.sticky ? "cookie" : "", way.subsets ? "subsets" : ""].filter(Boolean).join(", "), best);
}
/** A registry that pushes, with one endpoint: where it is, and how it moves on to another one. */
const registries = {
  async file() {
    const file = join(mkdtempSync(join(tmpdir(), "gatewright-bench-")), "orders.json");
    const move = (address) => {
      writeFileSync(`${file}.new`, JSON.stringify([address]));
      renameSync(`${file}.new`, file);
    };
    return { move, source: createFileSource({ path: file, read: readJson }) };
  },
  async consul() {
    let [index, address, waiting] = [1, "", []];
    const answer = (response) =>
      response
        .writeHead(200, { "x-consul-index": String(index) })
        .end(JSON.stringify([{ Node: { Address: address }, Service: { ID: address, Port: 8080, Weights: { Passing: 1 } } }]));
    const server = await listening((request, response) => {
      if (request.url.includes(`index=${index}&`)) waiting.push(response);
      else answer(response);
    });
    const move = (next) => {
      index++;
      address = next.split(":")[0];
      for (const response of waiting.splice(0)) answer(response);
    };
    return { move, source: createConsulSource({ address: server, service: "orders" }) };
  },
  async kubernetes() {
    let [version, address, watching] = [1, "", []];
    const slice = () => ({
      metadata: { name: "orders-a", resourceVersion: String(version), labels: {} },
      addressType: "IPv4",
      ports: [{ name: "http", port: 8080 }],
      endpoints: [{ addresses: [address], conditions: { ready: true } }],
    });
    const server = await listening((request, response) => {
      if (!request.url.includes("watch=1"))
        return void response.end(JSON.stringify({ metadata: { resourceVersion: String(version) }, items: [slice()] }));
      response.flushHeaders();
      watching.push(response);
    });
    const move = (next) => {
      version++;
      address = next.split(":")[0];
      for (const response of watching) response.write(`${JSON.stringify({ type: "MODIFIED", object: slice() })}\n`);
    };
    return { move, source: createKubernetesSource({ address: server, namespace: "shop", services: ["orders"] }) };
  },
};

const servers = [];
async function listening(listener) {
  const server = createServer(listener);
  servers.push(server);
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  return `http://127.0.0.1:${server.address().port}`;
}

console.log("\nfrom a change in the registry to the first request at the new endpoint, the worst of ten: at most 1000 ms");
for (const [name, create] of Object.entries(registries)) {
  const { move, source } = await create();
  const ending = new AbortController();
  const service = serviceOf({ algorithm: "powerOfTwo" });
  const discovery = createDiscovery({ service, source, terms: { scheme: "http", path: "" }, maxStale: 1e9, shrink: 0.5, confirm: 0 }); // biome-ignore format: one line
  const life = lifeOf(ending.signal);
  let worst = 0;
  for (let round = 0; round < 11; round++) {
    const before = performance.now();
    move(`10.0.0.${round}:8080`);
    if (round === 0) {
      void discovery.start(life);
      discovery.own(life);
    }
    while (service.set.picker?.pick({})?.url !== `http://10.0.0.${round}:8080`) await new Promise((resolve) => setTimeout(resolve, 2)); // biome-ignore format: one line
    // The first one is the start.
    if (round > 0) worst = Math.max(worst, performance.now() - before);
    await new Promise((resolve) => setTimeout(resolve, 300));
  }
  ending.abort();
  isMissed ||= worst > 1_000;
  console.log(`${name.padEnd(44)} ${worst.toFixed(0).padStart(7)} ms   ${worst > 1_000 ? "MISSED" : ""}`);
}
for (const server of servers) server.close().closeAllConnections();
if (isMissed) process.exitCode = 1;
