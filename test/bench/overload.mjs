// What a place costs where there is one, in µs of CPU, and what becomes of requests when a service is asked for twice of what it
// can do: the share answered in time with and without `concurrency`, through gateways that run in turn beside the same service.
//
//   npm run bench overload
import { spawn } from "node:child_process";
import { Agent, createServer, request } from "node:http";
import { join } from "node:path";
import { adaptiveLimit } from "../../dist/runtime/overload/adaptive-limit.js";
import { waitingLine } from "../../dist/runtime/overload/waiting-line.js";
import { createKeyedConcurrency } from "../../dist/runtime/policies/concurrency/by-key.js";
import { createConcurrency } from "../../dist/runtime/policies/concurrency/index.js";
import { createOverload } from "../../dist/runtime/policies/overload/index.js";
import { build, scratch, writeFiles } from "./support.mjs";

const row = (what, value, goal) => console.log(`${what.padEnd(64)} ${value.padStart(12)}   ${goal}`);

/** µs of CPU for one call; the best of several rounds, as others use the machine too. */
function cpuOf(work) {
  const count = 1_000_000;
  let best = Number.POSITIVE_INFINITY;
  for (let round = 0; round < 7; round++) {
    const before = process.cpuUsage();
    for (let index = 0; index < count; index++) work(index);
    const { user, system } = process.cpuUsage(before);
    best = Math.min(best, (user + system) / count);
  }
  return best;
}

const attempt = { headAt: 12, startedAt: 2, error: "" };
const exchange = {
  slots: [undefined],
  operation: { index: 0, id: "bench" },
  peer: { ip: "192.0.2.1" },
  outcome: "complete",
  answer: { source: "service", status: 200 },
  upstream: { attempts: [attempt] },
};
const line = waitingLine({ max: 100, deadline: 1_000, target: 5, interval: 100 });
const common = { name: "bench", perOperation: true, reports: false, slot: 0, limit: 100 };
const place = (policy) => () => {
  policy.request(exchange);
  policy.done(exchange);
};
const adaptive = adaptiveLimit({ min: 5, initial: 20, max: 200, tolerance: 1.5 });
const us = (value) => `${value.toFixed(3)} µs`;
row("a place taken and given back", us(cpuOf(place(createConcurrency({ ...common, line })))), "≤ 0.2 µs");
row("the same, of a limit that adapts", us(cpuOf(place(createConcurrency({ ...common, line, adaptive })))), "");
const keyed = createKeyedConcurrency({ ...common, by: (x) => x.peer.ip });
row("the same, of a caller alone, who has none yet", us(cpuOf(place(keyed))), "");
const overload = createOverload({ at: "bench", most: 100, interval: 50 });
row("overload, while the event loop is in time", us(cpuOf(() => overload.request(exchange))), "≤ 0.2 µs");

// Ten at a time, 50 ms each: 200 in a second.
const slots = 10;
const takes = 50;
const waiting = [];
let busy = 0;
function work(response) {
  busy++;
  setTimeout(() => {
    busy--;
    response.end("done");
    let next = waiting.shift();
    // Whoever has left is not worked for.
    while (next?.destroyed) next = waiting.shift();
    if (next !== undefined) work(next);
  }, takes);
}
const service = createServer((_request, response) => (busy < slots ? work(response) : waiting.push(response)));
await new Promise((resolve) => service.listen(0, "127.0.0.1", resolve));

const children = [];
process.on("exit", () => {
  for (const child of children) child.kill("SIGKILL");
});

async function gateway(concurrency) {
  const folder = writeFiles(scratch(), {
    "gateway.yaml": `gateway: bench
compatibility: 2026-12-01
listeners: { public: { host: 127.0.0.1, port: 0 } }
services:
  slow: { endpoints: ["http://127.0.0.1:${service.address().port}"]${concurrency === "" ? "" : `, concurrency: ${concurrency}`} }
routes:
  pay: { match: { path: /pay }, service: slow, policies: { priority: { class: critical } } }
  browse: { match: { path: /browse }, service: slow, policies: { priority: { class: low } } }
policies: { public: bench }
`,
  });
  const out = join(folder, "out");
  build(folder, out);
  const child = spawn(process.execPath, [join(out, "gateway.mjs")], { stdio: ["ignore", "ignore", "pipe"] });
  children.push(child);
  let said = "";
  const port = await new Promise((resolve, reject) => {
    child.stderr.on("data", (text) => {
      said += text;
      const found = /127\.0\.0\.1:(\d+)/.exec(said);
      if (found !== null) resolve(Number(found[1]));
    });
    child.on("exit", () => reject(new Error(said)));
  });
  return { port, child };
}

/** Milliseconds in which an answer is of use. */
const useful = 500;
const seconds = process.argv.includes("--quick") ? 3 : 15;

/** Asks 400 times in a second, whatever comes back; of each class the share that was answered in time. */
async function load(port) {
  const agent = new Agent({ keepAlive: true, maxSockets: Number.POSITIVE_INFINITY });
  const counts = { pay: { asked: 0, inTime: 0 }, browse: { asked: 0, inTime: 0 } };
  let open = 0;
  const ask = (name) => {
    const began = performance.now();
    counts[name].asked++;
    open++;
    const call = request({ port, host: "127.0.0.1", path: `/${name}`, agent, timeout: 5_000 }, (response) => {
      response.resume().on("end", () => {
        if (response.statusCode === 200 && performance.now() - began <= useful) counts[name].inTime++;
      });
    });
    call.on("timeout", () => call.destroy()).on("error", () => {});
    call.on("close", () => open--).end();
  };
  const began = performance.now();
  for (let sent = 0; performance.now() - began < seconds * 1_000; ) {
    for (const due = (performance.now() - began) * 0.4; sent < due; sent++) ask(sent % 10 < 3 ? "pay" : "browse");
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  for (let waited = 0; open > 0 && waited < 6_000; waited += 50) await new Promise((resolve) => setTimeout(resolve, 50));
  agent.destroy();
  return counts;
}

const percent = ({ asked, inTime }) => `${((100 * inTime) / asked).toFixed(1)} %`;
for (const [what, concurrency, goal] of [
  ["without a limit", "", ""],
  ["limit: 10, queue", "{ limit: 10, queue: {} }", "≥ 99 % of critical"],
  ["limit that adapts, queue", "{ limit: { max: 200 }, queue: {} }", "≥ 99 % of critical"],
]) {
  const { port, child } = await gateway(concurrency);
  const { pay, browse } = await load(port);
  row(`twice of what the service can do, ${what}: critical in ${useful} ms`, percent(pay), goal);
  row("                                                            low", percent(browse), "");
  child.kill("SIGKILL");
}
process.exit(0);
