// What is measured, and what is wanted of it.
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { connect } from "node:tls";
import { key, median, root, scratch } from "../support.mjs";
import {
  buildGateway,
  fullGateway,
  manyOperationsGateway,
  operationsGateway,
  orderText,
  routeGateway,
  smallestGateway,
  startGateway,
  validatingGateway,
} from "./gateways.mjs";
import { measureIdleMemory } from "./idle-memory.mjs";
import { saturate, steady } from "./load.mjs";
import { startNativePeers } from "./native-peers.mjs";
import { startHaproxy, startNginx, startNodePeer } from "./peers.mjs";
import { stop } from "./processes.mjs";
import { difference, middle, printGoal, printSubjects, ratio, takeTurns } from "./rounds.mjs";
import { startTimes } from "./start-up.mjs";

const nodePeers = ["node:http + undici", "fast-proxy", "http-proxy", "@fastify/http-proxy"];
const withKey = { "X-Api-Key": key };
const thing = "/things/7?limit=20&sort=created";

/**
 * Starts what `gateway` describes, and beside it the same built by another checkout, where one is to be compared with.
 */
async function ours(context, files, options = {}) {
  const { name = "gatewright", ...rest } = options;
  const subjects = [await startGateway(name, buildGateway(files), rest)];
  if (context.baseline !== undefined)
    subjects.push(await startGateway(`${name}, baseline`, buildGateway(files, context.baseline), rest));
  return subjects;
}

/** All subjects under the same load, as much as each of them takes. The first one is the yardstick. */
async function compare(context, subjects, request, options = {}) {
  await takeTurns(subjects, context, (subject, seconds) => saturate(subject, request, { ...options, seconds }));
  printSubjects(subjects);
}

const byName = (subjects, name) => subjects.find((subject) => subject.name === name);

function judge(subjects, most, yardstick = "nginx", figure = "cpu") {
  const found = ratio(byName(subjects, "gatewright"), byName(subjects, yardstick), figure);
  printGoal(figure, found, most, `× ${yardstick}`);
}

async function againstNginx(context, files, request, most, options) {
  const subjects = [await startNginx(context.service), ...(await ours(context, files))];
  await compare(context, subjects, request, options);
  judge(subjects, most);
}

async function bare(context) {
  const { service } = context;
  const subjects = [await startNginx(service), await startHaproxy(service), ...(await ours(context, routeGateway(service)))];
  subjects.push(...(await startNativePeers(service)));
  for (const kind of nodePeers) subjects.push(await startNodePeer(kind, service));
  await compare(context, subjects, { path: "/orders/ord_123" });
  judge(subjects, 1.5);
  judge(subjects, 0.65, "node:http + undici");
  judge(subjects, 0.35, "@fastify/http-proxy");
}

const policies = (context) => againstNginx(context, fullGateway(context.service), { path: thing, headers: withKey }, 2);

const everything = (context) => {
  const request = { path: "/things", headers: withKey, body: orderText };
  return againstNginx(context, fullGateway(context.service, { accessLog: {} }), request, 2.6);
};

const large16 = (context) => againstNginx(context, routeGateway(context.service), { path: "/files/16k" }, 1.5);
const large100 = (context) => againstNginx(context, routeGateway(context.service), { path: "/files/100k" }, 0.7);
const large1m = (context) => againstNginx(context, routeGateway(context.service), { path: "/files/1m" }, 1.5);

/** TLS 1.3 at the gateway, with the cipher suite that both agree on with wrk's library. */
async function tls(context) {
  const schema = JSON.parse(readFileSync(join(root, "schema/gateway.json"), "utf8"));
  if (!JSON.stringify(schema.definitions.listener.properties).includes('"tls"')) {
    console.log("  not measured: this version has no `listeners.public.tls`");
    return;
  }
  const files = certificate();
  const options = { certificates: [{ certificate: { file: files.certificate }, key: { file: files.key } }] };
  const nginx = await startNginx(context.service, files);
  const gateways = await ours(context, routeGateway(context.service, { tls: options }), { scheme: "https" });
  const suites = await Promise.all([nginx, ...gateways].map(({ port }) => agreedSuite(port)));
  if (new Set(suites).size !== 1) throw new Error(`not the same cipher suite: ${suites.join(", ")}`);
  console.log(`  ${suites[0]}`);
  const subjects = [nginx, ...gateways];
  await compare(context, subjects, { path: "/orders/ord_123" });
  judge(subjects, 1.6);
}

function certificate() {
  const folder = scratch();
  const paths = { certificate: join(folder, "certificate.pem"), key: join(folder, "key.pem") };
  const subject = ["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1", "-days", "2"];
  const newKey = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", paths.key];
  execFileSync("openssl", ["req", "-x509", ...newKey, "-out", paths.certificate, ...subject], { stdio: "ignore" });
  return paths;
}

const agreedSuite = (port) =>
  new Promise((resolve, reject) => {
    const socket = connect({ port, host: "127.0.0.1", rejectUnauthorized: false });
    socket.on("error", reject).on("secureConnect", () => {
      resolve(`${socket.getProtocol()} ${socket.getCipher().standardName}`);
      socket.destroy();
    });
  });

/** Latency at half of what the slower of the two takes. */
async function latency(context) {
  const subjects = [await startNginx(context.service), ...(await ours(context, routeGateway(context.service)))];
  const request = { path: "/orders/ord_123" };
  const most = [];
  for (const subject of subjects) most.push((await saturate(subject, request, { seconds: context.seconds })).perSecond);
  const rate = Math.floor(Math.min(...most) / 2);
  console.log(`  ${rate} requests/s`);
  await takeTurns(subjects, context, (subject, seconds) => steady(subject, request, { seconds, rate }));
  printSubjects(subjects);
  judge(subjects, 2, "nginx", "p99");
}

/** What a request costs where little comes together: no write and no wake-up is shared by many. */
async function partLoad(context) {
  const { service } = context;
  const subjects = [
    await startNginx(service),
    ...(await ours(context, routeGateway(service))),
    ...(await startNativePeers(service)),
  ];
  const request = { path: "/orders/ord_123" };
  await takeTurns(subjects, context, (subject, seconds) => steady(subject, request, { seconds, rate: 1_000 }));
  printSubjects(subjects);
  judge(subjects, 1.5);
}

/** Operations with policies: many of them cost no more than few. */
async function manyOperations(context) {
  const counts = [10, 10_000];
  const subjects = [];
  for (const count of counts) {
    const name = `${count} operations`;
    for (const subject of await ours(context, manyOperationsGateway(context.service, count), { name }))
      subjects.push({ ...subject, request: { path: "/resource-*/items", headers: withKey, spread: count / 5 } });
  }
  await takeTurns(subjects, context, (subject, seconds) => saturate(subject, subject.request, { seconds }));
  printSubjects(subjects);
  const [few, many] = counts.map((count) => byName(subjects, `${count} operations`));
  printGoal("cpu of 10,000 operations", ratio(many, few), 1.05, "× that of 10");
}

async function memory(context) {
  const results = await measureIdleMemory(await idleGateways(context), context.connections);
  for (const { name, atRest, bytes, heapBytes } of results)
    console.log(
      `  ${name}: ${context.connections} idle connections, ${(bytes / 1024).toFixed(2)} KB each over ${(atRest / 1048576).toFixed(0)} MiB at rest; ${(heapBytes / 1024).toFixed(2)} KB of it in the heap`,
    );
  printGoal("resident memory per idle connection", results[0].bytes / 1024, 6, "KB");
}

async function idleGateways(context) {
  const nodeOptions = ["--expose-gc", "--import", new URL("memory-probe.mjs", import.meta.url).href];
  return ours(context, routeGateway(context.service), { nodeOptions });
}

async function bundle() {
  const out = buildGateway(smallestGateway());
  const { bundle: built, sizes } = JSON.parse(readFileSync(join(out, "manifest.json"), "utf8"));
  console.log(`  ${sizes.map(({ feature, bytes }) => `${feature} ${bytes}`).join(", ")}`);
  printGoal("minified bundle of one route", built.bytes / 1000, 60, "KB");
}

async function startUp(context) {
  const { milliseconds, mebibytes } = await startTimes(context.isQuick ? 3 : 9);
  console.log(`  ${mebibytes.toFixed(0)} MiB resident after it`);
  printGoal("start to first answer, 1,000 operations", median(milliseconds), 150, "ms");
}

/** Policies one at a time, as what they add to the bare proxy under the same request. */
async function budget(context) {
  const { service } = context;
  const route = (policies) => routeGateway(service, { policies });
  const parse = microsecondsToParse(orderText);
  const rows = [
    [
      "route among 10,000 operations",
      operationsGateway(service, 10_000),
      { path: "/resource-1234/items" },
      0.3,
      operationsGateway(service, 5),
    ],
    ["path and query validation", validatingGateway(service), { path: thing }, 1],
    ["JSON body validation, 1 KB", validatingGateway(service), { path: "/things", body: orderText }, parse + 2],
    ["rate limit, memory", route({ rateLimit: { limit: "1000000/s" } }), { path: thing }, 0.5],
    [
      "security headers, CORS, request id",
      route({ securityHeaders: {}, requestId: {}, cors: { origins: ["https://shop.example.com"] } }),
      { path: thing, headers: { Origin: "https://shop.example.com" } },
      1,
    ],
    ["metrics", route({ metrics: {} }), { path: thing }, 0.7],
    ["JSON access log", route({ accessLog: {} }), { path: thing }, 3],
  ];
  console.log(`  JSON.parse of the body takes ${parse.toFixed(2)} µs`);
  const plain = buildGateway(routeGateway(service));
  for (const [name, files, request, most, yardstick] of rows) {
    const subjects = [
      await startGateway("bare", yardstick === undefined ? plain : buildGateway(yardstick)),
      ...(await ours(context, files)),
    ];
    const path = yardstick === undefined ? request.path : "/resource-0/items";
    await takeTurns(subjects, context, (subject, seconds) =>
      saturate(subject, subject === subjects[0] ? { ...request, path } : request, { seconds }),
    );
    for (const subject of subjects.slice(2))
      console.log(`        ${name}, ${subject.name}: ${difference(subject, subjects[0]).toFixed(2)} µs`);
    printGoal(`${name}:`, difference(subjects[1], subjects[0]), most, `µs over ${middle(subjects[0], "cpu").toFixed(1)}`);
    await Promise.all(subjects.map(({ child }) => stop(child)));
  }
}

function microsecondsToParse(text) {
  const bytes = Buffer.from(text);
  const runs = Array.from({ length: 9 }, () => {
    const started = performance.now();
    for (let index = 0; index < 20_000; index++) JSON.parse(bytes.toString());
    return (performance.now() - started) / 20;
  });
  return Math.min(...runs);
}

/** By name, in the order in which they run. */
export const cases = {
  bare: ["bare proxy, 184 bytes of JSON", bare],
  policies: ["apiKey, rateLimit, validation, securityHeaders, requestId and metrics", policies],
  everything: ["the same with accessLog, POST of 1 KB of JSON that is validated", everything],
  tls: ["TLS 1.3 terminated", tls],
  "16k": ["answers of 16 KB", large16],
  "100k": ["answers of 100 KB", large100],
  "1m": ["answers of 1 MB", large1m],
  operations: ["10,000 operations with policies beside 10", manyOperations],
  part: ["1,000 requests a second", partLoad],
  latency: ["latency at a constant rate", latency],
  memory: ["idle connections", memory],
  bundle: ["size of the bundle", bundle],
  start: ["start", startUp],
  budget: ["each policy alone, CPU over the bare proxy", budget],
};
