// What a scrape does to requests: a gateway with 10,000 operations, each of which had requests, under a constant rate of
// requests, with and without scrapes. First how long one takes and how many bytes it has in each format.
//
// The control has nothing of a scrape but its size and the time that a thread works for it: the same process answers as many static
// bytes after a thread has been busy as long. What that adds to p99 is the machine's: on two cores, the gateway, its service, the load
// and that thread take turns. Of both the ratio to runs of the same round counts, as the machine has other things to do. Who scrapes
// counts bytes and neither unpacks nor reads them: it is on the same cores.
//
//   npm run bench scrape [-- --rounds=5 --seconds=5 --operations=10000 --rate=500 --workers=1]
//
// Scrapes come every second, fifteen times as often as Prometheus asks.
import { Agent, get as httpGet, request } from "node:http";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { buildGateway, manyOperationsGateway } from "./data-plane/gateways.mjs";
import { steady } from "./data-plane/load.mjs";
import { startService } from "./data-plane/peers.mjs";
import { begin, message, stopAll } from "./data-plane/processes.mjs";
import { middle, ratio, takeTurns } from "./data-plane/rounds.mjs";
import { key, mainThreadMicroseconds, residentMebibytes, threadsMicroseconds } from "./support.mjs";

const number = (value) => ({ type: "string", default: String(value) });
const { values } = parseArgs({
  options: { rounds: number(5), seconds: number(5), operations: number(10_000), rate: number(500), workers: number(1) },
});
const [operations, workers] = [Number(values.operations), Number(values.workers)];
const goal = 1.1;

const accepts = {
  "text 0.0.4": "text/plain",
  OpenMetrics: "application/openmetrics-text",
  protobuf: "application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=delimited",
};

const service = await startService();
const out = buildGateway(manyOperationsGateway(service, operations));
const control = new URL("data-plane/static-text.mjs", import.meta.url).href;
const child = begin(process.execPath, ["--import", control, join(out, "gateway.mjs"), "--workers", String(workers)], {
  stdio: ["ignore", "ignore", "pipe", workers === 1 ? "ipc" : "ignore"],
  env: { ...process.env, ACME_KEY: key },
});
// Only where there is one process.
const staticText = workers === 1 ? message(child, ({ gatewright }) => gatewright === "static") : undefined;
// A primary says in its first line where it listens; a single process has nobody to tell but its parent.
const { port, adminPort } = await (workers === 1 ? message(child, ({ gatewright }) => gatewright === "ready") : portsOf(child));
const subject = (name, disturb) => ({ name, child, origin: `http://127.0.0.1:${port}`, disturb });

function portsOf(primary) {
  return new Promise((resolve, reject) => {
    primary.once("exit", (code) => reject(new Error(`the gateway ended with ${code}`)));
    primary.stderr.on("data", (line) => {
      const found = /127\.0\.0\.1:(\d+).*?:(\d+)/s.exec(line);
      if (found !== null) resolve({ port: Number(found[1]), adminPort: Number(found[2]) });
    });
  });
}

/** One request to each operation, so that each has its series. */
async function warmUp() {
  const agent = new Agent({ keepAlive: true, maxSockets: 16 });
  const headers = { "X-Api-Key": key };
  const kinds = [
    ["GET", ""],
    ["POST", ""],
    ["GET", "/items"],
    ["PUT", "/items"],
    ["DELETE", "/items"],
  ];
  let left = operations;
  const work = async () => {
    while (left-- > 0) {
      const [method, end] = kinds[left % 5];
      const path = `/resource-${Math.floor(left / 5)}${end}`;
      await new Promise((resolve, reject) => {
        request({ agent, port, host: "127.0.0.1", method, path, headers }, (answer) => answer.resume().on("end", resolve))
          .on("error", reject)
          .end();
      });
    }
  };
  await Promise.all(Array.from({ length: 16 }, work));
  agent.destroy();
}

/** Bytes as they came, and milliseconds. */
function scrape(headers, from = { port: adminPort, path: "/metrics" }) {
  const startedAt = performance.now();
  return new Promise((resolve, reject) => {
    httpGet({ host: "127.0.0.1", ...from, headers, agent: false }, (answer) => {
      let bytes = 0;
      answer.on("data", (part) => {
        bytes += part.length;
      });
      answer.on("end", () => resolve({ bytes, took: performance.now() - startedAt }));
    }).on("error", reject);
  });
}

await warmUp();
console.log(`${operations} operations, ${workers} workers, ${residentMebibytes(child.pid).toFixed(0)} MiB`);
/** What Prometheus asks for. */
let usual;
for (const [name, Accept] of Object.entries(accepts))
  for (const coding of ["identity", "gzip"]) {
    const runs = [];
    await new Promise((resolve) => setTimeout(resolve, 200));
    for (let round = 0; round < 3; round++) {
      const before = mainThreadMicroseconds(child.pid);
      const allBefore = threadsMicroseconds(child.pid);
      const run = await scrape({ Accept, "Accept-Encoding": coding });
      const cpu = (mainThreadMicroseconds(child.pid) - before) / 1000;
      runs.push({ ...run, cpu, others: (threadsMicroseconds(child.pid) - allBefore) / 1000 - cpu });
    }
    const least = (figure) => Math.min(...runs.map((run) => run[figure]));
    console.log(
      `  ${name.padEnd(12)} ${coding.padEnd(8)} ${(runs[0].bytes / 1e6).toFixed(2).padStart(7)} MB ${least("took").toFixed(0).padStart(6)} ms, CPU of the thread that serves ${least("cpu").toFixed(1).padStart(6)} ms, of others ${least("others").toFixed(0).padStart(4)} ms`,
    );
    if (name === "OpenMetrics" && coding === "gzip") usual = { bytes: runs[0].bytes, milliseconds: Math.round(least("others")) };
  }

const asPrometheus = { Accept: accepts.OpenMetrics, "Accept-Encoding": "gzip" };
const subjects = [subject("no scrape", undefined), subject("a scrape each second", () => scrape(asPrometheus))];
if (staticText !== undefined) {
  const path = `/?bytes=${usual.bytes}&milliseconds=${usual.milliseconds}`;
  const from = { port: (await staticText).port, path };
  subjects.push(subject("control: static bytes", () => scrape({}, from)));
}
const asked = { path: "/resource-7", headers: { "X-Api-Key": key } };
await takeTurns(subjects, { rounds: Number(values.rounds), seconds: Number(values.seconds) }, async (one, seconds) => {
  let isOver = false;
  const scraping = (async () => {
    while (!isOver && one.disturb !== undefined) {
      const { took } = await one.disturb();
      await new Promise((resolve) => setTimeout(resolve, Math.max(0, 1000 - took)));
    }
  })();
  const found = await steady(one, asked, { seconds, rate: Number(values.rate) });
  isOver = true;
  await scraping;
  return found;
});
const [quiet, scraped] = subjects;
for (const one of subjects)
  console.log(
    `  ${one.name.padEnd(24)} p50 ${middle(one, "p50").toFixed(2)} ms, p99 ${middle(one, "p99").toFixed(2)} ms, × ${ratio(one, quiet, "p99").toFixed(2)}`,
  );
const times = ratio(scraped, quiet, "p99");
console.log(`  p99 × ${times.toFixed(2)}, at most ${goal}${times > goal ? "   MISSED" : ""}`);
await stopAll();
process.exit(times > goal ? 1 : 0);
