// What an OpenTelemetry Collector passes on of a gateway's traces and metrics, which come as Protocol Buffers and as JSON: through its
// OTLP receiver, its batch processor and its OTLP/HTTP exporter, which sends to this. `.ci/collector` builds the Collector and runs
// this: node test/collector/check.mjs COLLECTOR
import assert from "node:assert/strict";
import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer as createHttpServer } from "node:http";
import { connect, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const collectorProgram = process.argv[2];
const compiler = fileURLToPath(new URL("../../dist/compiler/main.js", import.meta.url));
const folder = mkdtempSync(join(tmpdir(), "gatewright-"));
const traceId = "0af7651916cd43dd8448eb211c80319c";
const parentId = "b7ad6b7169203331";

const gatewayFile = `gateway: shop
compatibility: 2026-12-01
listeners: { public: { host: 127.0.0.1, port: 0 } }
exporters: { collector: { otlp: { attributes: { deployment.environment.name: test } } } }
policies: { metrics: { push: {} }, tracing: { sample: 100%, trust: always } }
services: { orders: { endpoints: ["\${env:UPSTREAM}"], retry: { attempts: 2, on: [503], backoff: { base: 1ms, max: 1ms } } } }
routes:
  orders: { match: { path: "/orders/{id}", methods: [GET] }, service: orders, policies: { public: a check } }
`;

/** Requests by what is sent; the last one cannot be read. */
const requests = [
  `GET /orders/1?q=1&sig=secret HTTP/1.1\r\nHost: shop\r\ntraceparent: 00-${traceId}-${parentId}-01\r\ntracestate: a=1\r\n\r\n`,
  "GET /orders/flaky HTTP/1.1\r\nHost: shop\r\nUser-Agent: Gr\u00fc\u00dfe\r\n\r\n",
  "GET /nothing HTTP/1.1\r\nHost: shop\r\n\r\n",
  "BREW /orders/1 HTTP/1.1\r\nHost: shop\r\n\r\n",
  "GET / HTTP/1.1 more\r\n\r\n",
];

try {
  writeFileSync(join(folder, "gateway.yaml"), gatewayFile);
  execFileSync(process.execPath, [compiler, "build", folder, "--out", join(folder, "out"), "--quiet"], { stdio: "inherit" });
  const binary = await taken({ OTEL_EXPORTER_OTLP_PROTOCOL: "http/protobuf", OTEL_EXPORTER_OTLP_COMPRESSION: "gzip" });
  const json = await taken({ OTEL_EXPORTER_OTLP_PROTOCOL: "http/json" });
  checkSpans(binary.spans);
  checkMetrics(binary.metrics);
  assert.deepEqual(json.spans.map(alike), binary.spans.map(alike), "spans as JSON and as Protocol Buffers");
  assert.deepEqual(json.metrics.map(kindOf), binary.metrics.map(kindOf), "metrics as JSON and as Protocol Buffers");
  assert.deepEqual(json.resource, binary.resource);
  assert.deepEqual(
    ["service.name", "deployment.environment.name", "telemetry.sdk.name"].map((key) => binary.resource[key]),
    ["shop", "test", "gatewright"],
  );
  console.log(`${binary.spans.length} spans and ${binary.metrics.length} metrics, each as Protocol Buffers and as JSON`);
} finally {
  rmSync(folder, { recursive: true, force: true });
}

/** `debug` says at the end how many there were; nothing listens for the Collector's own metrics. */
function collectorFile(address, sink) {
  return `receivers: { otlp: { protocols: { http: { endpoint: "${address}" } } } }
processors: { batch: { timeout: 100ms } }
exporters:
  debug: { verbosity: basic }
  otlphttp: { endpoint: "${sink}", encoding: json, compression: none }
service:
  telemetry: { metrics: { level: none } }
  pipelines:
    traces: { receivers: [otlp], processors: [batch], exporters: [debug, otlphttp] }
    metrics: { receivers: [otlp], processors: [batch], exporters: [debug, otlphttp] }
`;
}

/** Takes what the Collector sends, in the order in which it comes. */
async function startSink() {
  const exports = [];
  const server = createHttpServer(async (request, response) => {
    const parts = [];
    for await (const part of request) parts.push(part);
    exports.push(JSON.parse(Buffer.concat(parts).toString()));
    response.writeHead(200, { "Content-Type": "application/json" }).end("{}");
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  return { exports, server, origin: `http://127.0.0.1:${server.address().port}` };
}

/** What the Collector passed on of a gateway that ran with these variables. */
async function taken(variables) {
  const address = `127.0.0.1:${await freePort()}`;
  const sink = await startSink();
  const file = join(folder, "collector.yaml");
  writeFileSync(file, collectorFile(address, sink.origin));
  const collector = spawn(collectorProgram, ["--config", file], { stdio: ["ignore", "ignore", "pipe"] });
  const collectorSaid = textOf(collector.stderr);
  await said(collector, collector.stderr, /Everything is ready/);
  let calls = 0;
  const service = createHttpServer((request, response) =>
    response.writeHead(request.url === "/orders/flaky" && calls++ === 0 ? 503 : 200).end("ok"),
  );
  await new Promise((resolve) => service.listen(0, "127.0.0.1", resolve));
  const environment = {
    PATH: process.env.PATH,
    UPSTREAM: `http://127.0.0.1:${service.address().port}`,
    OTEL_EXPORTER_OTLP_ENDPOINT: `http://${address}`,
    ...variables,
  };
  const gateway = spawn(process.execPath, [join(folder, "out/gateway.mjs")], {
    env: environment,
    stdio: ["ignore", "ignore", "pipe"],
  });
  const [, port] = await said(gateway, gateway.stderr, /listens on http:\/\/127\.0\.0\.1:(\d+)/);
  for (const request of requests) await answered(Number(port), request);
  await ended(gateway);
  service.closeAllConnections();
  service.close();
  await ended(collector);
  sink.server.close();
  assert.doesNotMatch(collectorSaid(), /\terror\t|dropp|Refus/i, "the Collector complains");
  return read(sink.exports);
}

/** The answer has come when the head of it is there. */
function answered(port, request) {
  return new Promise((resolve, reject) => {
    const socket = connect(port, "127.0.0.1", () => socket.write(request, "latin1"));
    socket.once("data", () => resolve(socket.destroy()));
    socket.once("error", reject);
  });
}

async function ended(child) {
  const exit = once(child, "exit");
  child.kill("SIGTERM");
  assert.deepEqual(await exit, [0, null]);
}

function read(exports) {
  const traces = exports.flatMap(({ resourceSpans }) => resourceSpans ?? []);
  const pushes = exports.flatMap(({ resourceMetrics }) => resourceMetrics ?? []);
  assert.ok(traces.length > 0 && pushes.length > 0, "the Collector passed no traces on, or no metrics");
  const instances = [...traces, ...pushes].map(({ resource }) => attributesOf(resource)["service.instance.id"]);
  assert.equal(new Set(instances).size, 1, "one process is one instance");
  const spans = traces.flatMap(({ scopeSpans }) => scopeSpans.flatMap(({ spans: own }) => own));
  const last = pushes.at(-1);
  const { "service.instance.id": _instance, ...resource } = attributesOf(last.resource);
  return { spans, resource, metrics: last.scopeMetrics.flatMap(({ metrics }) => metrics) };
}

function checkSpans(spans) {
  const servers = spans.filter(({ kind }) => kind === 2);
  assert.deepEqual(
    servers.map((span) => [span.name, attributesOf(span)["http.response.status_code"], span.status.code ?? 0]),
    [
      ["GET /orders/{id}", "200", 0],
      ["GET /orders/{id}", "200", 0],
      ["GET", "404", 0],
      ["HTTP", "405", 0],
      ["HTTP", "400", 0],
    ],
  );
  const [first, flaky] = servers;
  assert.deepEqual([first.traceId, first.parentSpanId, first.traceState], [traceId, parentId, "a=1"]);
  assert.equal(attributesOf(first)["url.query"], "q=1&sig=REDACTED");
  assert.equal(first.flags & 0x300, 0x300, "its parent is known, and is another process");
  const attempts = spans.filter(({ kind, parentSpanId }) => kind === 3 && parentSpanId === flaky.spanId);
  assert.deepEqual(
    attempts.map((span) => [
      attributesOf(span)["error.type"],
      attributesOf(span)["http.request.resend_count"],
      span.status.code ?? 0,
    ]),
    [
      ["503", undefined, 2],
      [undefined, "1", 0],
    ],
  );
  for (const { startTimeUnixNano: start, endTimeUnixNano: end } of spans) {
    assert.ok(BigInt(start) <= BigInt(end));
    assert.ok(Math.abs(Number(BigInt(start) / 1_000_000n) - Date.now()) < 600_000, "times are of today");
  }
  assert.equal(new Set(spans.map(({ spanId }) => spanId)).size, spans.length);
}

function checkMetrics(metrics) {
  const named = new Map(metrics.map((metric) => [metric.name, metric]));
  const { sum } = named.get("gatewright_requests");
  assert.deepEqual([sum.aggregationTemporality, sum.isMonotonic], [2, true]);
  const total = sum.dataPoints.reduce((all, { asDouble, asInt }) => all + Number(asDouble ?? asInt), 0);
  // That which could not be read is of no operation.
  assert.equal(total, requests.length - 1);
  const durations = metrics.find(({ histogram }) => histogram !== undefined);
  for (const { bucketCounts, explicitBounds, count } of durations.histogram.dataPoints) {
    assert.equal(bucketCounts.length, explicitBounds.length + 1);
    assert.equal(
      bucketCounts.reduce((all, one) => all + Number(one), 0),
      Number(count),
    );
  }
}

function attributesOf({ attributes = [] }) {
  return Object.fromEntries(
    attributes.map(({ key, value }) => [key, value.stringValue ?? value.intValue ?? value.boolValue ?? value]),
  );
}

/** What is the same in each run. */
function alike({ name, kind, status, flags, traceState, attributes }) {
  const own = attributesOf({ attributes });
  for (const key of ["server.port", "url.full"]) if (own[key] !== undefined) own[key] = own[key].replace(/\d{4,5}/, "PORT");
  return { name, kind, status, flags, traceState, attributes: own };
}

function kindOf({ name, unit, description, sum, gauge, histogram }) {
  return {
    name,
    unit,
    description,
    kind: sum === undefined ? (gauge === undefined ? "histogram" : "gauge") : `sum ${sum.isMonotonic}`,
    series: (sum ?? gauge ?? histogram).dataPoints.map(({ attributes, explicitBounds }) => {
      const { pid: _pid, endpoint, ...own } = attributesOf({ attributes });
      return [own, endpoint?.replace(/\d{4,5}$/, "PORT"), explicitBounds];
    }),
  };
}

function textOf(stream) {
  let text = "";
  stream.setEncoding("utf8").on("data", (chunk) => (text += chunk));
  return () => text;
}

function said(child, stream, wanted) {
  const text = textOf(stream);
  return new Promise((resolve, reject) => {
    stream.on("data", () => {
      const found = wanted.exec(text());
      if (found !== null) resolve(found);
    });
    child.once("exit", (code) => reject(new Error(`it ended with ${code}: ${text()}`)));
  });
}

async function freePort() {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address();
  await new Promise((resolve) => server.close(resolve));
  return port;
}
