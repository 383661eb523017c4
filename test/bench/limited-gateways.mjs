// What a limit costs in a gateway, counted in CPU time of its processes beside the same gateway without one: in one worker, over
// two with leases, and through Redis, also as a share of the throughput. The answer tells what is left, which costs as well.
//
//   npm run bench limited-gateways
import { spawn } from "node:child_process";
import { createServer } from "node:net";
import { join } from "node:path";
import { begin, message, run, stopAll } from "./data-plane/processes.mjs";
import { build, cpuMicroseconds, requireProgram, scratch, writeFiles } from "./support.mjs";

requireProgram("wrk", "wrk");
requireProgram("redis-server", "redis-server");
const seconds = 4;
const rounds = 3;

const service = begin(process.execPath, [new URL("data-plane/plain-service.mjs", import.meta.url).pathname], {
  stdio: ["ignore", "inherit", "inherit", "ipc"],
});
const origin = `http://127.0.0.1:${await message(service)}`;

const redisPort = await new Promise((resolve) => {
  const probe = createServer().listen(0, "127.0.0.1", () => {
    const { port } = probe.address();
    probe.close(() => resolve(port));
  });
});
const redis = begin("redis-server", ["--port", String(redisPort), "--save", ""], { stdio: ["ignore", "pipe", "inherit"] });
await new Promise((resolve) => redis.stdout.on("data", (text) => String(text).includes("Ready to accept") && resolve()));

const gateways = [];
process.on("exit", () => {
  for (const child of gateways) child.kill("SIGKILL");
});

function bundle(name, limit, stores = "") {
  const folder = writeFiles(scratch(), {
    "gateway.yaml": `gateway: ${name}
compatibility: 2026-12-01
listeners: { public: { host: 127.0.0.1, port: 0 }, admin: { port: 0 } }
${stores}services: { all: { endpoints: ["${origin}"] } }
routes: { all: { match: { path: "/**" }, service: all, policies: { public: bench${limit} } } }
policies: { metrics: {} }
`,
  });
  build(folder, join(folder, "out"));
  return join(folder, "out/gateway.mjs");
}

async function start(file, workers) {
  const child = spawn(process.execPath, [file, "--workers", String(workers)], { stdio: ["ignore", "ignore", "pipe"] });
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
  const told = await run("wrk", ["-t1", "-c64", `-d${seconds}s`, `http://127.0.0.1:${port}/things`]);
  const used = pids.reduce((sum, pid, index) => sum + cpuMicroseconds(pid) - before[index], 0);
  const requests = Number(/(\d+) requests in/.exec(told)[1]);
  return { cpu: used / requests, rate: Number(/Requests\/sec: *([\d.]+)/.exec(told)[1]) };
}

const middle = (values) => values.toSorted((a, b) => a - b)[values.length >> 1];

/** Both sides in turn, so that the noise of the machine falls on both. */
async function beside(name, limit, workers, stores = "") {
  const sides = [await start(bundle("plain", ""), workers), await start(bundle("limited", limit, stores), workers)];
  for (const side of sides) await measure(side);
  const found = [[], []];
  for (let round = 0; round < rounds; round++)
    for (const [index, side] of sides.entries()) found[index].push(await measure(side));
  for (const { child } of sides) child.kill("SIGKILL");
  const [plain, limited] = found.map((all) => ({
    cpu: middle(all.map(({ cpu }) => cpu)),
    rate: middle(all.map(({ rate }) => rate)),
  }));
  console.log(
    `  ${name.padEnd(42)} ${(limited.cpu - plain.cpu).toFixed(2)} µs CPU more (${plain.cpu.toFixed(1)} → ${limited.cpu.toFixed(1)}), ${(limited.rate / plain.rate).toFixed(2)} × the throughput`,
  );
}

await beside("in memory, one worker", ", rateLimit: { limit: 1000000/s }", 1);
await beside("in memory, two workers, a large limit", ", rateLimit: { limit: 1000000/s }", 2);
await beside(
  "through Redis, one worker",
  ", rateLimit: { limit: 1000000/s, onStoreFailure: refuse }",
  1,
  `stores: { default: { redis: { url: "redis://127.0.0.1:${redisPort}", timeout: 1s } } }\n`,
);
await stopAll();
process.exit(0);
