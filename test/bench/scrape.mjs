// What a scrape does to requests: a gateway with 10,000 operations, each of which had requests, under a constant rate of
// requests, with and without scrapes. First how long one takes and how many bytes it has in each format, and what it costs the thread
// that serves requests and the others: the first one, one after requests to all operations, and one after which nothing was asked.
//
// Requests are for one operation, of which the next scrape has to write a page, or for 2,000 of them in turn: then it has to write
// them all. The control has nothing of a scrape but its size and the time that a thread works for the latter: the same process answers
// as many static bytes after a thread has been busy as long. What that adds to p99 is the machine's: on two cores, the gateway, its
// service, the load, the scraper and that thread take turns. Of all of them the ratio to runs of the same round counts, as the machine
// has other things to do. The scraper is a process of its own; once it is as nice as can be, so that the CPU it needs is nobody's.
//
//   npm run bench scrape [-- --rounds=5 --seconds=5 --operations=10000 --rate=500 --workers=1 --every=1000]
//
// Scrapes come every second, fifteen times as often as Prometheus asks.
import { fork } from "node:child_process";
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
  options: {
    rounds: number(5),
    seconds: number(5),
    operations: number(10_000),
    rate: number(500),
    workers: number(1),
    every: number(1_000),
  },
});
const [operations, workers, every] = [Number(values.operations), Number(values.workers), Number(values.every)];
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
async function askAll() {
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
function scrape(headers) {
  const startedAt = performance.now();
  return new Promise((resolve, reject) => {
    httpGet({ host: "127.0.0.1", port: adminPort, path: "/metrics", headers, agent: false }, (answer) => {
      let bytes = 0;
      answer.on("data", (part) => {
        bytes += part.length;
      });
      answer.on("end", () => resolve({ bytes, took: performance.now() - startedAt }));
    }).on("error", reject);
  });
}

/** With milliseconds of CPU of the thread that serves and of all others; of a primary, these are its own. */
async function measured(headers) {
  await new Promise((resolve) => setTimeout(resolve, 200));
  const before = mainThreadMicroseconds(child.pid);
  const allBefore = threadsMicroseconds(child.pid);
  const run = await scrape(headers);
  const cpu = (mainThreadMicroseconds(child.pid) - before) / 1000;
  return { ...run, cpu, others: (threadsMicroseconds(child.pid) - allBefore) / 1000 - cpu };
}

await askAll();
console.log(`${operations} operations, ${workers} workers, ${residentMebibytes(child.pid).toFixed(0)} MiB`);
/** What Prometheus asks for. */
let usual;
for (const [name, Accept] of Object.entries(accepts))
  for (const coding of ["identity", "gzip"]) {
    const headers = { Accept, "Accept-Encoding": coding };
    const first = await measured(headers);
    await askAll();
    const changed = await measured(headers);
    const same = await measured(headers);
    const figures = (run) =>
      `${run.took.toFixed(0).padStart(5)} ms, CPU ${run.cpu.toFixed(1).padStart(5)} + ${run.others.toFixed(0).padStart(4)} ms`;
    console.log(
      `  ${name.padEnd(12)} ${coding.padEnd(8)} ${(same.bytes / 1e6).toFixed(2).padStart(6)} MB  first ${figures(first)}; all new ${figures(changed)}; the same ${figures(same)}`,
    );
    if (name === "OpenMetrics" && coding === "gzip") usual = { bytes: same.bytes, milliseconds: Math.round(changed.others) };
  }
console.log("  CPU of the thread that serves requests + of all others; with several workers, of the primary");

const headers = { Accept: accepts.OpenMetrics, "Accept-Encoding": "gzip" };
const metrics = { port: adminPort, headers, every };
const one = { path: "/resource-7", headers: { "X-Api-Key": key } };
const all = { path: "/resource-*", spread: Math.floor(operations / 5), headers: { "X-Api-Key": key } };
const subject = (name, asked, scraped, scraper) => ({
  name,
  child,
  origin: `http://127.0.0.1:${port}`,
  asked,
  scraped,
  scraper,
});
const scraperWith = (...args) => fork(new URL("data-plane/scraper.mjs", import.meta.url), args);
const [plain, nice] = [scraperWith(), scraperWith("--nice")];
const subjects = [
  subject("one operation", one),
  subject("and scrapes", one, metrics, plain),
  subject("by a nice scraper", one, metrics, nice),
  subject("2,000 operations", all),
  subject("and scrapes", all, metrics, plain),
  subject("by a nice scraper", all, metrics, nice),
];
if (staticText !== undefined) {
  const path = `/?bytes=${usual.bytes}&milliseconds=${usual.milliseconds}`;
  subjects.push(subject("control: static bytes", all, { port: (await staticText).port, path, every }, plain));
}
const times = { rounds: Number(values.rounds), seconds: Number(values.seconds) };
await takeTurns(subjects, times, async ({ asked, scraped, scraper, ...subject }, seconds) => {
  if (scraped !== undefined) scraper.send(scraped);
  const found = await steady(subject, asked, { seconds, rate: Number(values.rate) });
  if (scraped === undefined) return found;
  scraper.send("stop");
  const { runs } = await message(scraper);
  return { ...found, took: Math.max(...runs.map((run) => run.took)), scrapes: runs.length };
});
plain.disconnect();
nice.disconnect();
const pooled = ({ runs }) => {
  const latencies = runs.flatMap((run) => run.latencies).sort((a, b) => a - b);
  return latencies[Math.floor(latencies.length * 0.99)];
};
console.log(`every ${every} ms a scrape in ${times.rounds} rounds of ${times.seconds} s, ${values.rate} requests/s`);
let isMissed = false;
for (const [index, found] of subjects.entries()) {
  const quiet = subjects[index < 3 ? 0 : 3];
  const times = ratio(found, quiet, "p99");
  const isJudged = found.scraper !== undefined && index < 6;
  const isOver = isJudged && times > goal;
  isMissed ||= isOver;
  const took = found.scraped === undefined ? "" : `, longest scrape ${middle(found, "took").toFixed(0)} ms`;
  console.log(
    `  ${found.name.padEnd(24)} p50 ${middle(found, "p50").toFixed(2)} ms, p99 ${middle(found, "p99").toFixed(2)} ms, × ${times.toFixed(2)}${isJudged ? `, at most ${goal}` : ""}; of all rounds ${pooled(found).toFixed(2)} ms, × ${(pooled(found) / pooled(quiet)).toFixed(2)}${took}${isOver ? "   MISSED" : ""}`,
  );
}
await stopAll();
process.exit(isMissed ? 1 : 0);
