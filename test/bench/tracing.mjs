// What tracing costs a request: not sampled, as 99 of 100 are, and sampled, export included.
//
//   npm run bench tracing [-- --rounds=31 --seconds=1]
//
// First the pieces, in this process: what the policy does when a request comes, goes to its service and is over, and at 100 % the
// spans and their encoding: processor time, the least of many rounds, to which a busy machine adds nothing. Then whole gateways, for
// what the pieces leave out: there the export is whole. Once under load, in many short rounds in which they take turns: the median of
// the differences within a round, with the half of them that is in the middle. And once by instructions in user space, which a busy
// machine does not change at all; what they are in time is read off the gateway without tracing, of which both are known.
import { createServer } from "node:http";
import { parseArgs } from "node:util";
import { EncodedQueue } from "../../dist/runtime/exporters/encoded-queue.js";
import { tracesProtobuf } from "../../dist/runtime/exporters/otlp/traces-protobuf.js";
import { RequestHeadReader } from "../../dist/runtime/http1/request-head.js";
import { createTracing } from "../../dist/runtime/policies/tracing/index.js";
import { requestText } from "../../dist/runtime/upstream/request-text.js";
import { countInstructions, portOfGateway, userTimeOf } from "./data-plane/counted-process.mjs";
import { buildGateway, routeGateway, startGateway } from "./data-plane/gateways.mjs";
import { chooseCounter } from "./data-plane/instruction-counter.mjs";
import { saturate } from "./data-plane/load.mjs";
import { startService } from "./data-plane/peers.mjs";
import { stop, stopAll } from "./data-plane/processes.mjs";
import { difference, printSubjects, takeTurns } from "./data-plane/rounds.mjs";

const { values } = parseArgs({
  options: { rounds: { type: "string", default: "31" }, seconds: { type: "string", default: "1" } },
});
const goals = { "1 %": 1, "100 %": 6 };
const requests = 500;
const reader = new RequestHeadReader({ headBytes: 32_768, fieldLines: 100 });
const gateway = { pseudonym: "gatewright (bench 0123456789ab)", parts: {} };
const head = Buffer.from(
  "GET /orders/ord_123 HTTP/1.1\r\nHost: shop.example.com\r\nUser-Agent: Mozilla/5.0 (X11; Linux x86_64) bench\r\nAccept: application/json\r\nAccept-Encoding: gzip, br\r\nAccept-Language: en\r\nCache-Control: no-cache\r\n\r\n",
);
const operation = { id: "routes.all", api: "", version: "", template: "/orders/{id}", service: "orders", upstreamRequest: null };
const endpoint = { url: "http://127.0.0.1:9001", basePath: "" };
const unchanged = { strip: 0, prepend: "" };

/** What the policy and the writer of the request look at of an exchange that ends well. */
function exchange() {
  if (reader.read(head, 0, head.length) !== 1) throw new Error("the head was not read");
  const now = performance.now();
  return {
    method: reader.head.method,
    head: reader.head,
    headers: reader.head.headers,
    query: "",
    path: "/orders/ord_123",
    host: "shop.example.com",
    authority: "shop.example.com",
    requestId: "",
    peer: { ip: "127.0.0.1", connectionIp: "127.0.0.1", secure: false },
    client: {},
    isPeerTrusted: false,
    startedAt: now,
    outcome: "complete",
    answer: { status: 200, headers: reader.head.headers, source: "service" },
    upstream: {
      service: "orders",
      error: "",
      attempts: [{ endpoint, startedAt: now, headAt: now, endedAt: now, status: 200, error: "" }],
    },
    state: { proxies: undefined, gateway },
    operation,
    trace: undefined,
  };
}

const encoding = tracesProtobuf({
  attributes: [{ key: "service.name", value: "bench" }],
  scope: { name: "gatewright", version: "0" },
});
let encoded = 0;

/** Keeps spans until a batch is full, in the queue of an exporter. */
function exporter() {
  const queue = new EncodedQueue({ items: 100_000, bytes: 1e9, full: "dropOldest" }, 512, encoding, () => {});
  return {
    take(span, now) {
      queue.add(span, now);
      if (queue.waiting < 512) return;
      const cut = queue.cut(512);
      encoded += cut.batch.length;
      cut.release();
    },
  };
}

const policyAt = (share) =>
  createTracing({
    at: "gateway.yaml:1",
    exporter: exporter(),
    sampling: { share, most: 0, always: null, never: null },
    trust: "fromTrustedProxies",
    reads: ["traceparent"],
    writes: ["traceparent"],
    tellsSampled: false,
    baggage: null,
    keep: null,
    redact: ["sig"],
  });

/** Least microseconds for a request of each of the subjects, which take turns. */
function least(subjects) {
  const figures = subjects.map(() => Number.POSITIVE_INFINITY);
  let written = 0;
  for (let round = 0; round < 200; round++)
    for (const [at, policy] of subjects.entries()) {
      const all = Array.from({ length: requests }, exchange);
      const from = process.cpuUsage();
      for (const x of all) {
        policy?.request(x);
        const text = requestText(x, endpoint, unchanged, "");
        const traced = x.trace?.attemptLines(x.upstream.attempts[0], text.start, "orders") ?? "";
        // As a connection does, which writes one text.
        written += (text.start + traced + text.rest).charCodeAt(0);
        policy?.done(x);
      }
      const { user, system } = process.cpuUsage(from);
      figures[at] = Math.min(figures[at], (user + system) / all.length);
    }
  if (written === 0) throw new Error("nothing was written");
  return figures;
}

const [without, ...found] = least([undefined, policyAt(0.01), policyAt(1)]);
if (encoded === 0) throw new Error("nothing was encoded");
let isMissed = false;
for (const [index, [share, goal]] of Object.entries(goals).entries()) {
  const more = found[index] - without;
  isMissed ||= more > goal;
  console.log(
    `${share.padEnd(6)} ${more.toFixed(2)} µs over ${without.toFixed(2)} µs of the request alone, at most ${goal}${more > goal ? "   MISSED" : ""}`,
  );
}

let batches = 0;
const collector = createServer((request, response) => {
  batches++;
  request.resume().on("end", () => response.writeHead(200, { "Content-Type": "application/x-protobuf" }).end());
});
await new Promise((resolve) => collector.listen(0, "127.0.0.1", resolve));
const url = `http://127.0.0.1:${collector.address().port}`;

const service = await startService();
const files = (sample) => {
  const { "gateway.yaml": text } = routeGateway(service, sample === undefined ? {} : { policies: { tracing: { sample } } });
  return { "gateway.yaml": sample === undefined ? text : `${text}exporters: { collector: { otlp: { url: "${url}" } } }\n` };
};
const request = { path: "/orders/ord_123" };
const names = ["without", ...Object.keys(goals).map((share) => `tracing, ${share}`)];
const bundles = [undefined, "1%", "100%"].map((sample) => buildGateway(files(sample)));
const subjects = [];
for (const [index, name] of names.entries()) subjects.push(await startGateway(name, bundles[index]));
console.log("\nwhole gateways under load");
const times = { rounds: Number(values.rounds), seconds: Number(values.seconds) };
await takeTurns(subjects, times, (subject, length) => saturate(subject, request, { seconds: length, connections: 32 }));
printSubjects(subjects);
const [yardstick] = subjects;
for (const subject of subjects.slice(1)) {
  const differences = subject.runs.map((run, round) => run.cpu - yardstick.runs[round].cpu).sort((a, b) => a - b);
  const at = (share) => differences[Math.floor((differences.length - 1) * share)].toFixed(1);
  console.log(
    `  ${subject.name.padEnd(24)} ${difference(subject, yardstick).toFixed(1)} µs over without, half of the rounds from ${at(0.25)} to ${at(0.75)}`,
  );
}
console.log(`  ${batches} batches were exported`);
for (const { child } of subjects) await stop(child);

const counter = await chooseCounter();
console.log(`\nwhole gateways, instructions in user space, counted by ${counter.name}`);
const counts = [];
for (const bundle of bundles) counts.push(await countInstructions(counter, [`${bundle}/gateway.mjs`], portOfGateway, request));
const microseconds = await userTimeOf([`${bundles[0]}/gateway.mjs`], portOfGateway, request);
console.log(
  `  without                  ${Math.round(counts[0])} instructions/request, ${microseconds.toFixed(1)} µs of user time`,
);
for (const [index, goal] of Object.values(goals).entries()) {
  const more = counts[index + 1] - counts[0];
  const time = (more / counts[0]) * microseconds;
  isMissed ||= time > goal;
  console.log(
    `  ${names[index + 1].padEnd(24)} ${Math.round(more)} more, ${time.toFixed(2)} µs, at most ${goal}${time > goal ? "   MISSED" : ""}`,
  );
}
await stopAll();
collector.close();
process.exit(isMissed || batches === 0 ? 1 : 0);
