// Prints what a hit in memory costs: at the gateway, at nginx (`proxy_cache`), at Varnish, and beside the same gateway where it
// asks the service, in one run. The best of seven rounds each: what others do on the machine only adds to it.
// Usage: npm run bench cache [-- --requests=20000 --bytes=1024]
import { spawn } from "node:child_process";
import { chmodSync, mkdirSync } from "node:fs";
import { createServer } from "node:http";
import { join } from "node:path";
import { isMainThread, parentPort, Worker, workerData } from "node:worker_threads";
import { costOf, freePort, load, numberOption, portIn, reachable } from "./http-load.mjs";
import { build, requireProgram, scratch, writeFiles } from "./support.mjs";

/** Most that a hit of ours may cost, as a multiple. */
const goals = { nginx: 0.9, Varnish: 0.55, "our own forward": 0.6 };
const requests = numberOption("requests", 20_000);
const bytes = numberOption("bytes", 1_024);

if (isMainThread) await main();
else serve();

function serve() {
  const body = Buffer.alloc(workerData.bytes, "x");
  let asked = 0;
  const server = createServer((incoming, response) => {
    if (incoming.url === "/cached") asked++;
    const head = { "content-type": "application/json", "content-length": body.length, "cache-control": "max-age=3600" };
    response.writeHead(200, head).end(body);
  });
  server.keepAliveTimeout = 60_000;
  server.listen(0, "127.0.0.1", () => parentPort.postMessage(server.address().port));
  parentPort.on("message", () => parentPort.postMessage(asked));
}

async function main() {
  requireProgram("nginx", "nginx-light");
  requireProgram("varnishd", "varnish");
  const worker = new Worker(new URL(import.meta.url), { workerData: { bytes } });
  const said = () => new Promise((resolve) => worker.once("message", resolve));
  const upstream = `127.0.0.1:${await said()}`;
  const folder = scratch();
  chmodSync(folder, 0o755);
  mkdirSync(join(folder, "kept"), { mode: 0o777 });
  chmodSync(join(folder, "kept"), 0o777);
  const [nginxPort, varnishPort] = [await freePort(), await freePort()];
  writeFiles(folder, {
    "gateway.yaml": `gateway: bench
compatibility: 2026-12-01
listeners: { public: { host: 127.0.0.1, port: 0 } }
services: { backend: { endpoints: ["http://${upstream}"] } }
routes:
  cached: { match: { path: "/cached" }, service: backend, policies: { public: bench, cache: {} } }
  forwarded: { match: { path: "/forwarded" }, service: backend, policies: { public: bench } }
`,
    "nginx.conf": `daemon off; master_process off; pid nginx.pid; error_log error.log; events {}
http {
  access_log off; keepalive_requests 1000000;
  client_body_temp_path body; proxy_temp_path proxy; fastcgi_temp_path fastcgi; uwsgi_temp_path uwsgi; scgi_temp_path scgi;
  proxy_cache_path kept keys_zone=one:8m;
  server { listen 127.0.0.1:${nginxPort}; location / { proxy_pass http://${upstream}; proxy_cache one; } }
}
`,
  });
  build(folder, `${folder}/out`);
  const children = [];
  process.on("exit", () => {
    for (const child of children) child.kill("SIGTERM");
  });
  const begin = (program, ...args) => {
    const child = spawn(program, args, { cwd: folder, stdio: ["ignore", "ignore", "pipe"] });
    children.push(child);
    return child;
  };
  const gateway = begin(process.execPath, `${folder}/out/gateway.mjs`, "--workers", "1");
  const gatewayPort = await portIn(gateway.stderr);
  const nginx = begin("nginx", "-c", `${folder}/nginx.conf`, "-p", folder);
  const listen = ["-a", `127.0.0.1:${varnishPort}`, "-b", upstream, "-s", "malloc,64m"];
  const varnish = begin("varnishd", "-F", "-n", `${folder}/varnish`, ...listen);
  for (const child of [nginx, varnish]) child.stderr.resume();
  for (const port of [nginxPort, varnishPort]) await reachable(port);

  const sides = {
    "our hit": [gateway.pid, gatewayPort, "/cached"],
    nginx: [nginx.pid, nginxPort, "/cached"],
    Varnish: [varnish.pid, varnishPort, "/cached"],
    "our own forward": [gateway.pid, gatewayPort, "/forwarded"],
  };
  const ask = (path) => `GET ${path} HTTP/1.1\r\nHost: bench\r\n\r\n`;
  const mustBeOk = (head) => {
    if (!head.startsWith("HTTP/1.1 200")) throw new Error(`another answer was expected:\n${head}`);
  };
  for (const [, port, path] of Object.values(sides)) await load(port, ask(path), 100, mustBeOk);
  const asked = () => {
    const answer = said();
    worker.postMessage("asked");
    return answer;
  };
  const before = await asked();
  const costs = {};
  for (let round = 0; round < 7; round++)
    for (const [name, [pid, port, path]] of Object.entries(sides))
      (costs[name] ??= []).push(await costOf(pid, port, ask(path), requests, mustBeOk));
  const missed = (await asked()) - before;
  const best = (name) => Math.min(...costs[name]);
  const ours = best("our hit");
  console.log(`a hit of ${bytes} bytes in memory ${ours.toFixed(1)} µs; the service was asked ${missed} times meanwhile`);
  let isMet = missed === 0;
  for (const [name, goal] of Object.entries(goals)) {
    const ratio = ours / best(name);
    isMet &&= ratio <= goal;
    console.log(`${name.padEnd(16)} ${best(name).toFixed(1).padStart(5)} µs: ${ratio.toFixed(2)} × (goal ${goal} ×)`);
  }
  process.exit(isMet ? 0 : 1);
}
