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
//   npm run bench scrape [-- --rounds=5 --seconds=5 --usualRounds=3 --operations=10000 --rate=500 --workers=1]
//
// Scrapes come each second, and then every fifteen seconds, as Prometheus asks unless told otherwise. Each run begins with one that
// is not measured, so that those that follow have to tell only what was asked in the run.
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
    usualRounds: number(3),
    operations: number(10_000),
    rate: number(500),
    workers: number(1),
  },
});
const [operations, workers, rate] = [Number(values.operations), Number(values.workers), Number(values.rate)];
const goal = 1.1;

const accepts = {
  "text 0.0.4": "text/plain",
  OpenMetrics: "application/openmetrics-text",
  protobuf: "application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=delimited",
};

const service = await startService();
const out = buildGateway(manyOperationsGateway(service, operations));
const withStaticText = new URL("data-plane/static-text.mjs", import.meta.url).href;
const child = begin(process.execPath, ["--import", withStaticText, join(out, "gateway.mjs"), "--workers", String(workers)], {
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

const kinds = [
  ["GET", ""],
  ["POST", ""],
  ["GET", "/items"],
  ["PUT", "/items"],
  ["DELETE", "/items"],
];
const resources = Math.floor(operations / kinds.length);

/** One request to each operation, or to the first one of each resource. */
async function ask(some = kinds) {
  const agent = new Agent({ keepAlive: true, maxSockets: 16 });
  const headers = { "X-Api-Key": key };
  let left = resources * some.length;
  const work = async () => {
    while (left-- > 0) {
      const [method, end] = some[left % some.length];
      const path = `/resource-${Math.floor(left / some.length)}${end}`;
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

await ask();
console.log(`${operations} operations, ${workers} workers, ${residentMebibytes(child.pid).toFixed(0)} MiB`);
const figures = (run) =>
  `${run.took.toFixed(0).padStart(5)} ms, CPU ${run.cpu.toFixed(1).padStart(5)} + ${run.others.toFixed(0).padStart(4)} ms`;
for (const [name, Accept] of Object.entries(accepts))
  for (const coding of ["identity", "gzip"]) {
    const headers = { Accept, "Accept-Encoding": coding };
    const first = await measured(headers);
    await ask();
    const changed = await measured(headers);
    const same = await measured(headers);
    console.log(
      `  ${name.padEnd(12)} ${coding.padEnd(8)} ${(same.bytes / 1e6).toFixed(2).padStart(6)} MB  first ${figures(first)}; all new ${figures(changed)}; the same ${figures(same)}`,
    );
  }
const headers = { Accept: accepts.OpenMetrics, "Accept-Encoding": "gzip" };
// After some scrapes it is known which operations are busy.
for (let scrapes = 0; scrapes < 20; scrapes++) {
  await ask(kinds.slice(0, 1));
  await scrape(headers);
}
await ask(kinds.slice(0, 1));
const usual = await measured(headers);
console.log(`  OpenMetrics  gzip, ${resources} of them busy: ${figures(usual)}`);
console.log("  CPU of the thread that serves requests + of all others; with several workers, of the primary");

const metrics = { port: adminPort, headers };
const one = { path: "/resource-7", headers: { "X-Api-Key": key } };
const all = { path: "/resource-*", spread: resources, headers: { "X-Api-Key": key } };
const scraperWith = (...args) => fork(new URL("data-plane/scraper.mjs", import.meta.url), args);
const [plain, nice] = [scraperWith(), scraperWith("--nice")];
const base = { child, origin: `http://127.0.0.1:${port}` };
/** `isJudged`: it is to be as fast as without scrapes. */
const withScrapes = (asked, quiet) => [
  { ...base, name: "and scrapes", asked, quiet, scraped: metrics, scraper: plain, isJudged: true },
  { ...base, name: "by a nice scraper", asked, quiet, scraped: metrics, scraper: nice, isJudged: true },
];

/** Runs of one operation and of many, with scrapes every so many milliseconds and without; whether all are within the goal. */
async function compare(every, times, more) {
  const [few, many] = [
    { ...base, name: "one operation", asked: one },
    { ...base, name: `${all.spread.toLocaleString("en")} operations`, asked: all },
  ];
  const subjects = [few, ...withScrapes(one, few), many, ...withScrapes(all, many), ...more(many)];
  await takeTurns(subjects, times, async ({ asked, scraped, scraper, ...subject }, seconds) => {
    if (scraped !== undefined) {
      await scrape(headers);
      scraper.send({ ...scraped, every });
    }
    const found = await steady(subject, asked, { seconds, rate });
    if (scraped === undefined) return found;
    scraper.send("stop");
    const { runs } = await message(scraper);
    return { ...found, took: Math.max(...runs.map((run) => run.took)) };
  });
  console.log(`every ${every / 1000} s a scrape in ${times.rounds} rounds of ${times.seconds} s, ${rate} requests/s`);
  return subjects.map(isWithinGoal).every(Boolean);
}

function isWithinGoal(found) {
  const { quiet = found, isJudged = false } = found;
  const times = ratio(found, quiet, "p99");
  const isOver = isJudged && times > goal;
  const took = found.scraped === undefined ? "" : `, longest scrape ${middle(found, "took").toFixed(0)} ms`;
  console.log(
    `  ${found.name.padEnd(24)} p50 ${middle(found, "p50").toFixed(2)} ms, p99 ${middle(found, "p99").toFixed(2)} ms, × ${times.toFixed(2)}${isJudged ? `, at most ${goal}` : ""}; of all rounds ${pooled(found).toFixed(2)} ms, × ${(pooled(found) / pooled(quiet)).toFixed(2)}${took}${isOver ? "   MISSED" : ""}`,
  );
  return !isOver;
}

function pooled({ runs }) {
  const latencies = runs.flatMap((run) => run.latencies).sort((a, b) => a - b);
  return latencies[Math.floor(latencies.length * 0.99)];
}

const staticPort = staticText === undefined ? undefined : (await staticText).port;
const path = `/?bytes=${usual.bytes}&milliseconds=${Math.round(usual.others)}`;
const control = (quiet) =>
  staticPort === undefined
    ? []
    : [{ ...base, name: "control: static bytes", asked: all, quiet, scraped: { port: staticPort, path }, scraper: plain }];
const found = [
  await compare(1_000, { rounds: Number(values.rounds), seconds: Number(values.seconds) }, control),
  await compare(15_000, { rounds: Number(values.usualRounds), seconds: 15 }, () => []),
];
plain.disconnect();
nice.disconnect();
await stopAll();
process.exit(found.every(Boolean) ? 0 : 1);
