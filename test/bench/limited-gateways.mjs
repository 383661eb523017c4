// What a limit costs: CPU time of the processes of a gateway beside that of the same gateway without one, and its share of the
// throughput: in one worker, over two with leases, and through Redis. By default answers tell what is left, which costs as
// well: rows with `headers: false` show the counting alone.
//
//   npm run bench limited-gateways
//
// The worker has one core, and Redis, the service (nginx) and wrk the other: what they do together takes less than what the
// gateway does, so that it is the gateway that is measured. Two workers have both cores, with all others. Of several rounds of
// a second, both sides in turn, the least CPU time counts and the highest rate, as others use the machine too.
import { spawn } from "node:child_process";
import { join } from "node:path";
import { begin, freePort, listening, run, stopAll } from "./data-plane/processes.mjs";
import { build, cpuMicroseconds, requireProgram, scratch, writeFiles } from "./support.mjs";

for (const program of ["wrk", "redis-server", "nginx"]) requireProgram(program, program);
requireProgram("taskset", "util-linux");
const rounds = 12;
const [gatewayCore, otherCore] = ["0", "1"];
const onOther = (...command) => ["-c", otherCore, ...command];

const servicePort = await freePort();
const home = scratch();
const service = begin(
  "taskset",
  onOther("nginx", "-p", home, "-c", join(writeFiles(home, { "nginx.conf": serviceConfig() }), "nginx.conf")),
);
await listening(service, servicePort);

const redisPort = await freePort();
const redis = begin("taskset", onOther("redis-server", "--port", String(redisPort), "--save", ""));
await listening(redis, redisPort);

const gateways = [];
process.on("exit", () => {
  for (const child of gateways) child.kill("SIGKILL");
});

function serviceConfig() {
  const json = JSON.stringify({ id: "ord_123", status: "shipped", note: "x".repeat(146) });
  const folders = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"].map((name) => `${name}_temp_path ${home}/${name};`);
  return `daemon off; worker_processes 1; pid ${home}/pid; error_log ${home}/errors;
events { worker_connections 4096; }
http {
  access_log off; keepalive_requests 1000000000; keepalive_timeout 600s; ${folders.join(" ")}
  server { listen 127.0.0.1:${servicePort}; location / { default_type application/json; return 200 '${json}'; } }
}
`;
}

function bundle(name, limit, stores) {
  const folder = writeFiles(scratch(), {
    "gateway.yaml": `gateway: ${name}
compatibility: 2026-12-01
listeners: { public: { host: 127.0.0.1, port: 0 }, admin: { port: 0 } }
${stores}services: { all: { endpoints: ["http://127.0.0.1:${servicePort}"] } }
routes: { all: { match: { path: "/**" }, service: all, policies: { public: bench${limit} } } }
policies: { metrics: {} }
`,
  });
  build(folder, join(folder, "out"));
  return join(folder, "out/gateway.mjs");
}

async function start(file, workers) {
  const cores = workers === 1 ? gatewayCore : `${gatewayCore},${otherCore}`;
  const child = spawn("taskset", ["-c", cores, process.execPath, file, "--workers", String(workers)], {
    stdio: ["ignore", "ignore", "pipe"],
  });
  gateways.push(child);
  const [, port, admin] = await new Promise((resolve) => {
    child.stderr.on("data", (bytes) => {
      const match = /:(\d+), admin on http:\/\/127\.0\.0\.1:(\d+)/.exec(String(bytes));
      if (match !== null) resolve(match);
    });
  });
  const metrics = await (await fetch(`http://127.0.0.1:${admin}/metrics`)).text();
  const pids = new Set([...metrics.matchAll(/^process_resident_memory_bytes\{pid="(\d+)"\}/gm)].map(([, pid]) => Number(pid)));
  return { child, port, pids: [...pids, ...(pids.has(child.pid) ? [] : [child.pid])] };
}

/** Microseconds of CPU for a request, and requests in a second. */
async function measure({ port, pids }) {
  const before = pids.map(cpuMicroseconds);
  const told = await run("taskset", onOther("wrk", "-t1", "-c64", "-d1s", `http://127.0.0.1:${port}/things`));
  const used = pids.reduce((sum, pid, index) => sum + cpuMicroseconds(pid) - before[index], 0);
  if (told.includes("Non-2xx")) throw new Error(`a limit that nobody reaches refused some:\n${told}`);
  const requests = Number(/(\d+) requests in/.exec(told)[1]);
  return { cpu: used / requests, rate: Number(/Requests\/sec: *([\d.]+)/.exec(told)[1]) };
}

async function beside(name, limit, workers = 1, stores = "") {
  const sides = [await start(bundle("plain", "", ""), workers), await start(bundle("limited", limit, stores), workers)];
  for (const side of [...sides, ...sides]) await measure(side);
  const found = [[], []];
  for (let round = 0; round < rounds; round++)
    for (const [index, side] of sides.entries()) found[index].push(await measure(side));
  for (const { child } of sides) child.kill("SIGKILL");
  const [plain, limited] = found.map((all) => ({
    cpu: Math.min(...all.map(({ cpu }) => cpu)),
    rate: Math.max(...all.map(({ rate }) => rate)),
  }));
  const share = `${(plain.cpu / limited.cpu).toFixed(2)} by CPU, ${(limited.rate / plain.rate).toFixed(2)} as measured`;
  console.log(
    `  ${name.padEnd(38)} ${(limited.cpu - plain.cpu).toFixed(2)} µs more (${plain.cpu.toFixed(1)} → ${limited.cpu.toFixed(1)}), share of the throughput ${share}`,
  );
}

const stores = `stores: { default: { redis: { url: "redis://127.0.0.1:${redisPort}", timeout: 5s } } }\n`;
const own = (name, more = "") => `{ name: ${name}, limit: 1000000/s${more} }`;
const there = (name, more = "") => own(name, `, onStoreFailure: refuse${more}`);
await beside("in memory, one worker", `, rateLimit: ${own("a")}`);
await beside("the same, headers: false", `, rateLimit: ${own("a", ", headers: false")}`);
await beside("in memory, two workers", `, rateLimit: ${own("a")}`, 2);
await beside("the same, headers: false", `, rateLimit: ${own("a", ", headers: false")}`, 2);
await beside("through Redis, one worker", `, rateLimit: ${there("a")}`, 1, stores);
await beside("the same, headers: false", `, rateLimit: ${there("a", ", headers: false")}`, 1, stores);
await beside("three limits through Redis", `, rateLimit: [${["a", "b", "c"].map((name) => there(name)).join(", ")}]`, 1, stores);
await stopAll();
process.exit(0);
