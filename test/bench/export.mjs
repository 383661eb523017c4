// What exporting a span costs, and that a dead or slow collector costs memory that is bounded, and no request anything.
//
//   npm run bench export [-- --rounds=9 --spans=1000000]
//
// First the pieces, in this process, as the least processor time of many rounds: what a request pays (`take`, which encodes), and
// what is paid beside it (gzip). Then a million spans each into exporters whose collectors are dead, silent and well: memory
// before and after, and whether each span is accounted for. Goals: at most 3 µs to take two spans, which is what a request without
// retries has, so that with what tracing costs itself it stays below 6; memory flat.
import { createServer } from "node:http";
import { parseArgs } from "node:util";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { gzipSync } from "node:zlib";
import { EncodedQueue } from "../../dist/runtime/exporters/encoded-queue.js";
import { metricsProtobuf } from "../../dist/runtime/exporters/otlp/metrics-protobuf.js";
import { createOtlpExporter } from "../../dist/runtime/exporters/otlp/otlp-exporter.js";
import { tracesJson } from "../../dist/runtime/exporters/otlp/traces-json.js";
import { tracesProtobuf } from "../../dist/runtime/exporters/otlp/traces-protobuf.js";
import { Pipeline } from "../../dist/runtime/exporters/pipeline.js";

const { values } = parseArgs({
  options: { rounds: { type: "string", default: "9" }, spans: { type: "string", default: "1000000" } },
});
const rounds = Number(values.rounds);
const spans = Number(values.spans);
const batchSize = 512;

const hex = (number, length) => number.toString(16).padStart(length, "0");

const shapeOf = (name, kind) => ({
  name,
  kind,
  attributes: [
    "http.request.method",
    "GET",
    "http.route",
    "/orders/{id}",
    "url.scheme",
    "https",
    "network.protocol.version",
    "1.1",
  ],
  keys: ["url.path", "server.address", "server.port", "client.address", "user_agent.original", "http.response.status_code"],
});
const shapes = [shapeOf("GET /orders/{id}", 2), shapeOf("GET", 3)];

/** A SERVER span and a CLIENT span as the policy `tracing` makes them. */
function spanOf(number) {
  const shape = shapes[number % 2];
  return {
    traceId: hex(number + 1, 32),
    spanId: hex(number + 1, 16),
    parentSpanId: number % 2 === 0 ? "" : hex(number, 16),
    traceState: "",
    flags: 1,
    name: shape.name,
    kind: shape.kind,
    start: 1_796_000_000_000 + number / 7,
    end: 1_796_000_000_003 + number / 7,
    shape,
    values: [`/orders/${number}`, "shop.example.com", 443, "203.0.113.7", "Mozilla/5.0 (X11; Linux x86_64) bench", 200],
    attributes: [],
    events: [],
    links: [],
    status: 0,
    statusMessage: "",
  };
}

const source = {
  attributes: [{ key: "service.name", value: "shop" }],
  scope: { name: "gatewright", version: "0.1.0" },
};
const log = { write: () => {}, with: () => log };

/** Least microseconds for one of `count`. */
function measured(count, work) {
  let least = Number.POSITIVE_INFINITY;
  for (let round = 0; round < rounds; round++) {
    const before = process.cpuUsage();
    work();
    const { user, system } = process.cpuUsage(before);
    least = Math.min(least, (user + system) / count);
  }
  return least;
}

function pieces() {
  const all = Array.from({ length: batchSize * 40 }, (_, number) => spanOf(number));
  const batches = Array.from({ length: 40 }, (_, index) => all.slice(index * batchSize, (index + 1) * batchSize));
  const queueOf = (encoding) => new EncodedQueue({ items: 1e6, bytes: 1e12, full: "dropOldest" }, batchSize, encoding, () => {});
  const protobuf = tracesProtobuf(source);
  const pipeline = (encoding) =>
    new Pipeline({
      signal: "traces",
      createQueue: () => queueOf(encoding),
      ageMs: 300_000,
      batch: { items: 1e6, delayMs: 3_600_000 },
      concurrency: 1,
      ship: async () => ({ kind: "taken", rejected: 0 }),
    });
  const taking = (encoding) => () => {
    const into = pipeline(encoding);
    for (const span of all) into.take(span, 0);
    void into.end(0);
  };
  /** Batches as they are sent, each in bytes of its own. */
  const encoded = (encoding) =>
    batches.map((batch) => {
      const queue = queueOf(encoding);
      for (const span of batch) queue.add(span, 0);
      return queue.cut(batchSize).batch;
    });
  const ready = encoded(protobuf);
  const figures = {
    "take a span, as Protocol Buffers": measured(all.length, taking(protobuf)),
    "take a span, as JSON": measured(all.length, taking(tracesJson(source))),
    "gzip it (in a thread of the pool)": measured(all.length, () => {
      for (const batch of ready) gzipSync(batch, { level: 1 });
    }),
  };
  for (const [name, microseconds] of Object.entries(figures)) console.log(`  ${name.padEnd(36)} ${microseconds.toFixed(2)} µs`);
  const bytes = ready[0].length;
  console.log(`  ${"its size as Protocol Buffers".padEnd(36)} ${(bytes / batchSize).toFixed(0)} bytes`);
  const samples = Array.from({ length: 5_000 }, (_, index) => ({
    labels: `operation="orders.v1.op${index}",status="2xx"`,
    value: index,
  }));
  const push = { family: { name: "gatewright_requests_total", help: "", type: "counter", samples }, since: 0, at: 1 };
  const encode = metricsProtobuf(source);
  console.log(`  ${"encode a point of metrics".padEnd(36)} ${measured(5_000, () => encode([push])).toFixed(2)} µs`);
  const request = 2 * figures["take a span, as Protocol Buffers"];
  console.log(`  ${"a request with two spans".padEnd(36)} ${request.toFixed(2)} µs (goal 3)`);
  if (request > 3) process.exitCode = 1;
}

async function collectorThat(answer) {
  const server = createServer((request, response) => {
    request.resume().on("end", () => answer(response));
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${server.address().port}`,
    stop() {
      server.closeAllConnections();
      server.close();
    },
  };
}

const collectors = {
  dead: async () => ({ url: "http://127.0.0.1:1", stop() {} }),
  silent: () => collectorThat(() => {}),
  well: () => collectorThat((response) => response.end()),
};

setFlagsFromString("--expose-gc");
const collectGarbage = runInNewContext("gc");

/** Mebibytes that are still in use when everything was collected that can be. */
function memory() {
  collectGarbage();
  const { heapUsed, external } = process.memoryUsage();
  return Math.round((heapUsed + external) / 1024 / 1024);
}

/** So many spans at the pace of a busy gateway, with time for sockets between. */
async function million(name, start) {
  const { url, stop } = await start();
  const queue = { items: 50_000, bytes: 32 * 1024 * 1024, ageMs: 300_000, full: "dropOldest" };
  const exporter = createOtlpExporter(
    {
      name: "collector",
      gateway: "shop",
      version: "0.1.0",
      option: "exporters.collector.otlp",
      from: "",
      url,
      attributes: [],
      queue,
      batch: { items: batchSize, delayMs: 1_000 },
      concurrency: 4,
      traces: { protobuf: tracesProtobuf },
    },
    {},
  );
  exporter.start({ log });
  let first = 0;
  for (let taken = 0; taken < spans; taken += 1_000) {
    for (let number = taken; number < taken + 1_000; number++) exporter.take(spanOf(number));
    await new Promise((resolve) => setImmediate(resolve));
    if (taken === spans / 10) first = memory();
  }
  const last = memory();
  const [{ sent, dropped, rejected, failed, items }] = exporter.state();
  const isExact = sent + dropped + rejected + failed + items === spans;
  await exporter.stop();
  stop();
  const [{ sent: atEnd, dropped: lost }] = exporter.state();
  console.log(
    `  ${name.padEnd(7)} ${first} MiB after a tenth, ${last} MiB after all; sent ${atEnd}, dropped ${lost}, ${isExact && atEnd + lost === spans ? "each accounted for" : "NOT ALL ACCOUNTED FOR"}`,
  );
  if (!isExact || last > first + 4) process.exitCode = 1;
}

console.log(`\nProcessor time, least of ${rounds} rounds:`);
pieces();
console.log(`\n${spans.toLocaleString("en")} spans to a collector that is …`);
for (const [name, start] of Object.entries(collectors)) await million(name, start);
