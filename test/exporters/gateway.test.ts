import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from "vitest";
import { type Collector, startCollector } from "../harness/collector.ts";
import { gatewright, Program } from "../harness/program.ts";
import { buildForTest, startGateway } from "../harness/running-gateway.ts";

const gateway = `gateway: shop
compatibility: 2026-12-01
listeners: { public: { host: 127.0.0.1, port: "\${env:PORT}" }, admin: { host: 127.0.0.1, port: "\${env:ADMIN_PORT}" } }
exporters:
  collector:
    otlp:
      headers: { Authorization: { env: OTLP_AUTHORIZATION } }
      protocol: protobuf
      attributes: { deployment.environment.name: "\${env:STAGE:-test}" }
      queue: { items: 40 }
      batch: { items: 10, delay: 1h }
policies: { tracing: { sample: 100% }, metrics: {}, accessLog: {} }
routes: { all: { match: { path: "/**" }, policies: { public: sample, respond: { status: 204 } } } }
`;

describe("a gateway with an exporter", () => {
  let folder: string;
  let built: Awaited<ReturnType<typeof buildForTest>>;
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), "gatewright-"));
    writeFileSync(join(folder, "gateway.yaml"), gateway);
    built = await buildForTest(join(folder, "gateway.yaml"));
    expect(built.diagnostics).toEqual([]);
  });
  afterAll(() => {
    built.dispose();
    rmSync(folder, { recursive: true, force: true });
  });

  const common = { PORT: "0", ADMIN_PORT: "0", OTLP_AUTHORIZATION: "Bearer abc" };
  const environmentOf = (collector: Collector) => ({ ...common, OTEL_EXPORTER_OTLP_ENDPOINT: collector.origin });

  it("sends what it measured when it ends, of each worker, with a secret that nobody wrote down", async () => {
    const collector = await startCollector();
    const program = new Program(join(built.out, "gateway.mjs"), ["--workers", "2"], {
      env: environmentOf(collector),
      cwd: built.out,
    });
    onTestFinished(async () => void (await program.stop("SIGKILL")));
    const listens = /listens on http:\/\/127\.0\.0\.1:(\d+), admin on http:\/\/127\.0\.0\.1:(\d+)/;
    const [, port, adminPort] = await program.until(listens, "stderr");
    const paths = Array.from({ length: 14 }, (_, index) => `/orders/${index}`);
    await Promise.all(paths.map((path) => fetch(`http://127.0.0.1:${port}${path}`, { headers: { connection: "close" } })));
    const metrics = await (await fetch(`http://127.0.0.1:${adminPort}/metrics`)).text();
    expect(metrics).toMatch(/^gatewright_export_dropped_total\{exporter="collector",signal="traces"\} 0$/m);
    expect(metrics).toMatch(/^gatewright_export_queue_items\{exporter="collector",signal="traces"\} \d+$/m);
    expect((await program.stop()).code).toBe(0);
    expect(collector.spans).toHaveLength(14);
    expect(new Set(collector.exports.map(({ request }) => request.headers.authorization))).toEqual(new Set(["Bearer abc"]));
    expect(collector.exports[0]!.resource).toMatchObject({
      "service.name": "shop",
      "deployment.environment.name": "test",
      "telemetry.sdk.name": "gatewright",
    });
  });

  it("answers as ever while its collector is dead, and counts each span", async () => {
    const collector = await startCollector();
    collector.answers({ status: 503 });
    const running = await startGateway(built.out, environmentOf(collector));
    const [statuses, figures] = [new Set<number>(), new Map<string, number>()];
    for (let index = 0; index < 100; index++) statuses.add((await fetch(`http://127.0.0.1:${running.port}/${index}`)).status);
    const metrics = await (await fetch(`http://127.0.0.1:${running.adminPort}/metrics`)).text();
    for (const [, name, value] of metrics.matchAll(/^gatewright_export_(\w+)\{exporter="collector",signal="traces"\} (\S+)$/gm))
      figures.set(name!, Number(value));
    await running.stop();
    expect([...statuses]).toEqual([204]);
    expect(Object.fromEntries(figures)).toMatchObject({ sent_total: 0, queue_items: 40, dropped_total: 60 });
  });

  it("exports the trace of a request that cannot be read under the id that its line of the access log has", async () => {
    const collector = await startCollector();
    const program = new Program(join(built.out, "gateway.mjs"), [], { env: environmentOf(collector), cwd: built.out });
    onTestFinished(async () => void (await program.stop("SIGKILL")));
    const [, port] = await program.until(/listens on http:\/\/127\.0\.0\.1:(\d+)/, "stderr");
    const socket = connect(Number(port), "127.0.0.1", () => socket.write("GET / HTTP/1.1\r\nHost : a\r\n\r\n"));
    await once(socket, "data");
    socket.destroy();
    const [, line] = await program.until(/^(.*"operation":"unread".*)$/m, "stdout");
    expect((await program.stop()).code).toBe(0);
    const { traceId, spanId } = JSON.parse(line!) as { traceId: string; spanId: string };
    expect(collector.spans.map((span) => [span.traceId, span.spanId])).toEqual([[traceId, spanId]]);
  });

  it("does not start with a variable that is of no use, and says which", async () => {
    const environment = { ...common, OTEL_EXPORTER_OTLP_ENDPOINT: "collector" };
    await expect(startGateway(built.out, environment)).rejects.toThrow(
      /exited with 78:[^]*environment variable OTEL_EXPORTER_OTLP_ENDPOINT is no URL that can be called\. Set one like http:\/\/collector:4318/,
    );
  });

  it("sends nothing where the environment switches it off, and serves and propagates as ever", async () => {
    const collector = await startCollector();
    const off = await startGateway(built.out, { ...environmentOf(collector), OTEL_TRACES_EXPORTER: "none" });
    expect((await fetch(`http://127.0.0.1:${off.port}/orders`)).status).toBe(204);
    const status = (await (await fetch(`http://127.0.0.1:${off.adminPort}/status`)).json()) as {
      readonly things: readonly object[];
    };
    expect(status.things).toContainEqual(expect.objectContaining({ name: "exporters.collector", ready: true, state: [] }));
    await off.stop();
    expect(collector.exports).toEqual([]);
  });

  it("is explained with where everything goes, and with the variables that count", async () => {
    const { stdout } = await gatewright(["explain", "GET /orders"], { cwd: folder });
    expect(stdout).toContain(`exporter   collector: otlp  (gateway.yaml:5)
           traces to OTEL_EXPORTER_OTLP_TRACES_ENDPOINT, or else OTEL_EXPORTER_OTLP_ENDPOINT or http://localhost:4318 with /v1/traces; not at all with OTEL_TRACES_EXPORTER=none or OTEL_SDK_DISABLED=true
           OTEL_EXPORTER_OTLP_COMPRESSION and OTEL_EXPORTER_OTLP_TIMEOUT count where they are set
           up to 10 at once, at the latest after 1h
           holds up to 40 and 32MiB in each worker, for 5m at most; then dropOldest
`);
  });
});
