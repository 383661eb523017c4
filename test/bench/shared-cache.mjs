// Prints what a hit in Redis and in Memcached costs the gateway, on 64 connections and with 1,000 answers, beside the same gateway
// where it asks the service, in one run. CPU time of the gateway alone; the best of five rounds each, as what others do on the
// machine only adds to it.
// Usage: npm run bench shared-cache [-- --requests=20000 --bytes=1024]
import { spawn } from "node:child_process";
import { createServer } from "node:http";
import { isMainThread, parentPort, Worker, workerData } from "node:worker_threads";
import { costOf, freePort, load, numberOption, portIn, reachable } from "./http-load.mjs";
import { build, requireProgram, scratch, writeFiles } from "./support.mjs";

/** Most that a hit in Redis may cost, as a multiple of our own forward. */
const goal = 1.5;
const requests = numberOption("requests", 20_000);
const bytes = numberOption("bytes", 1_024);
const connections = 64;
const answers = 1_000;

if (isMainThread) await main();
else serve();

function serve() {
  const body = Buffer.alloc(workerData.bytes, "x");
  let asked = 0;
  const server = createServer((incoming, response) => {
    if (!incoming.url.startsWith("/forwarded")) asked++;
    const head = { "content-type": "application/json", "content-length": body.length, "cache-control": "max-age=3600" };
    response.writeHead(200, head).end(body);
  });
  server.keepAliveTimeout = 60_000;
  server.listen(0, "127.0.0.1", () => parentPort.postMessage(server.address().port));
  parentPort.on("message", () => parentPort.postMessage(asked));
}

async function main() {
  requireProgram("redis-server", "redis-server");
  requireProgram("memcached", "memcached");
  const worker = new Worker(new URL(import.meta.url), { workerData: { bytes } });
  const said = () => new Promise((resolve) => worker.once("message", resolve));
  const upstream = `127.0.0.1:${await said()}`;
  const folder = scratch();
  const [redisPort, memcachedPort] = [await freePort(), await freePort()];
  const children = [];
  process.on("exit", () => {
    for (const child of children) child.kill("SIGTERM");
  });
  const begin = (program, ...args) => {
    const child = spawn(program, args, { cwd: folder, stdio: ["ignore", "ignore", "pipe"] });
    children.push(child);
    return child;
  };
  begin("redis-server", "--port", String(redisPort), "--save", "", "--bind", "127.0.0.1").stderr.resume();
  begin("memcached", "-l", "127.0.0.1", "-p", String(memcachedPort), "-U", "0", "-u", "root").stderr.resume();
  for (const port of [redisPort, memcachedPort]) await reachable(port);
  const policies = (store) => `{ public: bench, cache: { store: ${store} } }`;
  writeFiles(folder, {
    "gateway.yaml": `gateway: bench
compatibility: 2026-12-01
listeners: { public: { host: 127.0.0.1, port: 0 } }
stores:
  redis: { redis: { url: "redis://127.0.0.1:${redisPort}", timeout: 2s, required: true } }
  memcached: { memcached: { servers: ["127.0.0.1:${memcachedPort}"], timeout: 2s } }
services: { backend: { endpoints: ["http://${upstream}"] } }
routes:
  redis: { match: { path: "/redis/**" }, service: backend, policies: ${policies("redis")} }
  memcached: { match: { path: "/memcached/**" }, service: backend, policies: ${policies("memcached")} }
  forwarded: { match: { path: "/forwarded/**" }, service: backend, policies: { public: bench } }
`,
  });
  build(folder, `${folder}/out`);
  const gateway = begin(process.execPath, `${folder}/out/gateway.mjs`, "--workers", "1");
  const port = await portIn(gateway.stderr);

  const asking = (kind) => {
    let at = 0;
    return () => `GET /${kind}/${at++ % answers} HTTP/1.1\r\nHost: bench\r\n\r\n`;
  };
  const mustBeOk = (head) => {
    if (!head.startsWith("HTTP/1.1 200")) throw new Error(`another answer was expected:\n${head}`);
  };
  const kinds = ["redis", "memcached", "forwarded"];
  // Twice: what was asked for first is kept by then, and the code is warm.
  for (const kind of [...kinds, ...kinds]) await load(port, asking(kind), answers * 2, mustBeOk, connections);
  const asked = () => {
    const answer = said();
    worker.postMessage("asked");
    return answer;
  };
  const before = await asked();
  const costs = {};
  for (let round = 0; round < 5; round++)
    for (const kind of kinds)
      (costs[kind] ??= []).push(await costOf(gateway.pid, port, asking(kind), requests, mustBeOk, connections));
  const missed = (await asked()) - before;
  const best = (kind) => Math.min(...costs[kind]);
  console.log(
    `${bytes} bytes, ${connections} connections, ${answers} answers; the service was asked for ${missed} of them again`,
  );
  console.log(`our own forward    ${best("forwarded").toFixed(1).padStart(5)} µs`);
  const told = (kind) => (best(kind) / best("forwarded")).toFixed(2);
  console.log(`a hit in Redis     ${best("redis").toFixed(1).padStart(5)} µs: ${told("redis")} × (goal ${goal} ×)`);
  console.log(`a hit in Memcached ${best("memcached").toFixed(1).padStart(5)} µs: ${told("memcached")} ×`);
  process.exit(missed === 0 && best("redis") <= goal * best("forwarded") ? 0 : 1);
}
