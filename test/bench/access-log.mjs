// Prints microseconds of processor time per line of the access log, made, batched and written to /dev/null, beside
// `JSON.stringify` of an object with the same members: what a log that is not compiled does at least.
// Usage: npm run -s build && node test/bench/access-log.mjs; ends with 1 where 20 fields take more than the goal.
//
// The least of 9 rounds over 40,000 requests that differ in path, address, times and who calls.
import { openSync, writeSync } from "node:fs";
import { HeaderList } from "../../dist/runtime/fields/header-list.js";
import { LineWriter } from "../../dist/runtime/log/line-writer.js";
import { createBodyLog } from "../../dist/runtime/policies/access-log/body-log.js";
import { createEcsLine } from "../../dist/runtime/policies/access-log/ecs-line.js";
import { createFullLog } from "../../dist/runtime/policies/access-log/full-log.js";
import { createAccessLog } from "../../dist/runtime/policies/access-log/index.js";
import { createNativeLine } from "../../dist/runtime/policies/access-log/native-line.js";
import { createRepeatedErrors } from "../../dist/runtime/policies/access-log/repeated-errors.js";

const goal = 3;
const requests = 40_000;
const rounds = 9;

const names = ["time", "requestId", "method", "host", "path", "operation", "api", "version", "status", "source"];
names.push("outcome", "durationMs", "upstreamMs", "service", "endpoint", "bytesIn", "bytesOut", "ip", "subject", "scheme");
if (names.length !== 20) throw new Error("the goal is about 20 fields");
const config = { fields: names, query: false, headers: [], redact: [] };

const operation = {
  index: 3,
  id: "orders.v1.getOrder",
  api: "orders",
  version: "v1",
  method: "GET",
  template: "/v1/orders/{id}",
};
const json = Buffer.from(JSON.stringify({ id: 7, card: { number: "4111", holder: "A" }, lines: [{ sku: "x", price: 1 }] }));
const exchanges = Array.from({ length: 1_000 }, (_, index) => ({
  method: "GET",
  host: "api.example.com",
  path: `/v1/orders/ord_${1_000_000 + index}`,
  sentTarget: `/v1/orders/ord_${1_000_000 + index}`,
  query: "",
  headers: new HeaderList(["Content-Type", "application/json"]),
  peer: { ip: `192.0.2.${index % 256}` },
  operation,
  requestId: `01JDZ8Q4T2V6W${String(index).padStart(13, "0")}`,
  identity: { subject: `partner-${index % 50}`, scheme: "partnerKey" },
  startedAt: performance.now() - index / 100,
  answer: {
    status: index % 100 === 0 ? 503 : 200,
    headers: new HeaderList(["Content-Type", "application/json"]),
    source: "service",
  },
  upstream: {
    service: "orders",
    endpoint: "http://10.0.0.7:8080",
    startedAt: 1,
    headAt: 1 + index / 77,
    error: "",
    attempts: [],
  },
  outcome: "complete",
  reports: [],
  slots: [],
  waits: [
    { step: "security", startedAt: 1, endedAt: 2, hasFailed: false },
    { step: "validate", startedAt: 2, endedAt: 3, hasFailed: false },
  ],
  bytesReceived: json.length,
  bytesSent: 184 + index,
  hasBody: true,
  body: json,
  hold: () => true,
}));

const full = {
  line: createNativeLine(config),
  names: null,
  hasLevel: true,
  least: 2,
  sample: { rate: 1, kept: 1 },
  slowMs: 1e9,
  repeated: createRepeatedErrors({ periodMs: 60_000, most: 1_000 }),
};
const secrets = {
  shapes: [{ members: [["card", 1]] }, { members: [["number", true]] }],
  names: ["iban"],
  pointers: [],
  values: [],
};
const bodies = {
  request: true,
  response: false,
  maxBytes: 4_096,
  least: 2,
  secrets,
  requestSecret: 0,
  responseSecret: null,
  slot: 0,
};

/** Whoever keeps the body of a request keeps it before it is sent. */
const withBodies = (log) => ({
  done(x) {
    log.upstreamRequest(x);
    log.done(x);
  },
});

const subjects = {
  "JSON.stringify of an object": (sink) => ({ done: (x) => sink.write(JSON.stringify(plainObject(x))) }),
  "native, 20 fields": (sink) => createAccessLog(config, sink),
  "with level, sample, slow and repeatedErrors": (sink) => createFullLog(full, sink),
  "all requests are slow": (sink) => createFullLog({ ...full, slowMs: 0 }, sink),
  "1 % are sampled": (sink) => createFullLog({ ...full, sample: { rate: 0.01, kept: 1 } }, sink),
  "ecs, 20 fields": (sink) => createFullLog({ ...full, line: createEcsLine({ ...config, gateway: "shop" }) }, sink),
  "with a request body of 100 bytes": (sink) => withBodies(createBodyLog({ ...full, bodies }, sink)),
};

function plainObject(x) {
  const { answer, upstream, identity } = x;
  return {
    time: new Date().toISOString(),
    requestId: x.requestId,
    method: x.method,
    host: x.host,
    path: x.path,
    operation: operation.id,
    api: operation.api,
    version: operation.version,
    status: answer.status,
    source: answer.source,
    outcome: x.outcome,
    durationMs: performance.now() - x.startedAt,
    upstreamMs: upstream.headAt - upstream.startedAt,
    service: upstream.service,
    endpoint: upstream.endpoint,
    bytesIn: x.bytesReceived,
    bytesOut: x.bytesSent,
    ip: x.peer.ip,
    subject: identity.subject,
    scheme: identity.scheme,
  };
}

const nowhere = openSync("/dev/null", "w");
const output = {
  batchBytes: 65_536,
  // At once: what the loop below does is all that is measured.
  write: (bytes, done) => done(null, writeSync(nowhere, bytes)),
  writeSync: (bytes) => writeSync(nowhere, bytes),
};

/** They take turns: what a busy machine does to one round, it does to all. */
const taken = Object.entries(subjects).map(([name, subject]) => {
  const writer = new LineWriter(output, 1 << 30, String);
  return { name, writer, log: subject(writer), least: Number.POSITIVE_INFINITY };
});
for (let round = 0; round < rounds; round++) {
  for (const one of taken) {
    const begun = process.cpuUsage();
    for (let request = 0; request < requests; request++) {
      const x = exchanges[request % exchanges.length];
      x.slots.length = 0;
      one.log.done(x);
    }
    one.writer.flushSync();
    const { user, system } = process.cpuUsage(begun);
    one.least = Math.min(one.least, (user + system) / requests);
    await new Promise((resolve) => setImmediate(resolve));
  }
}
let isMissed = false;
for (const { name, least } of taken) {
  const isOver = name === "native, 20 fields" && least > goal;
  isMissed ||= isOver;
  const bound = name === "native, 20 fields" ? `; goal ${goal} µs${isOver ? "   MISSED" : ""}` : "";
  const times = (least / taken[0].least).toFixed(2);
  console.log(`  ${name.padEnd(46)} ${least.toFixed(2).padStart(6)} µs, ${times} × JSON.stringify${bound}`);
}
process.exit(isMissed ? 1 : 0);
