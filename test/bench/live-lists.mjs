// How soon a list of 100,000 blocks that ipFilter fetches counts in every worker: from the last byte that its server sent to
// the first round of requests in which each of 16 new connections is answered by the new list. On a machine that does other
// things, see the processor time, which all processes of the gateway together took for a list.
// Usage: npm run -s build && node test/bench/live-lists.mjs
import { spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import { join } from "node:path";
import { build, cpuMicroseconds, scratch, writeFiles } from "./support.mjs";

const workers = 4;
const goal = 1_000;
// Apart from each other, so that no two of them are one.
const blocks = Array.from({ length: 100_000 }, (_, index) => `100.${index >> 10}.${(index >> 2) & 255}.${(index & 3) * 64}/27`);
const listWith = (last) => `${blocks.join("\n")}\n${last}\n`;

let round = 0;
let sentAt = 0;
const server = createServer((request, response) => {
  const tag = `"${round}"`;
  if (request.headers["if-none-match"] === tag) return response.writeHead(304).end();
  response.setHeader("etag", tag).on("finish", () => (sentAt = performance.now()));
  response.end(listWith(`192.0.2.${round}`));
});
await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));

const folder = writeFiles(scratch(), {
  "gateway.yaml": `gateway: bench
compatibility: 2026-12-01
listeners: { public: { host: 127.0.0.1, port: 0, trustedProxies: [127.0.0.0/8] } }
routes: { all: { match: { path: "/**" }, policies: { public: bench, respond: { body: hello } } } }
policies: { ipFilter: { deny: [{ url: "http://127.0.0.1:${server.address().port}/list", interval: 1s }] } }
`,
});
build(folder, join(folder, "out"));
const gateway = spawn(process.execPath, [join(folder, "out/gateway.mjs"), "--workers", String(workers)], {
  stdio: ["ignore", "ignore", "pipe"],
});
process.on("exit", () => gateway.kill("SIGKILL"));
const port = await new Promise((resolve) => {
  gateway.stderr.on("data", (bytes) => {
    const match = /listens on http:\/\/127\.0\.0\.1:(\d+)/.exec(String(bytes));
    if (match !== null) resolve(match[1]);
  });
});

const status = async (ip) =>
  (await fetch(`http://127.0.0.1:${port}/`, { headers: { "x-forwarded-for": ip, connection: "close" } })).status;
const isEverywhere = async (ip) => (await Promise.all(Array.from({ length: 16 }, () => status(ip)))).every((one) => one === 403);

const processes = () => {
  const workersOf = readFileSync(`/proc/${gateway.pid}/task/${gateway.pid}/children`, "utf8");
  return [gateway.pid, ...workersOf.split(" ").filter(Boolean).map(Number)];
};
const worked = () => processes().reduce((sum, pid) => sum + cpuMicroseconds(pid) / 1000, 0);

const took = [];
const cpu = [];
for (round = 1; round <= 5; round++) {
  sentAt = Number.NaN;
  const before = worked();
  while (Number.isNaN(sentAt) || !(await isEverywhere(`192.0.2.${round}`)))
    await new Promise((resolve) => setTimeout(resolve, 5));
  took.push(performance.now() - sentAt);
  cpu.push(worked() - before);
}
const worst = Math.max(...took);
console.log(
  `${workers} workers: ${took.map((one) => one.toFixed(0)).join(", ")} ms; worst ${worst.toFixed(0)} ms; the goal is ${goal} ms; processor time ${Math.min(...cpu).toFixed(0)} to ${Math.max(...cpu).toFixed(0)} ms`,
);
gateway.kill("SIGTERM");
await new Promise((resolve) => gateway.on("exit", resolve));
server.close();
process.exitCode = worst <= goal ? 0 : 1;
