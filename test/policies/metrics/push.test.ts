import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it, onTestFinished } from "vitest";
import { startCollector } from "../../harness/collector.ts";
import { buildForTest, startGateway } from "../../harness/running-gateway.ts";
import { sampleEnvironment } from "../../harness/sample-environment.ts";

const gateway = `gateway: pushing
compatibility: 2026-12-01
listeners: { public: { host: 127.0.0.1, port: "\${env:PORT}" } }
exporters: { collector: { otlp: { url: "\${env:UPSTREAM}", protocol: json, batch: { items: 50, delay: 10ms } } } }
policies: { metrics: { push: { every: 50ms, histograms: both } } }
routes: { all: { match: { path: "/**" }, policies: { public: sample, respond: { status: 204 } } } }
`;

interface Histogram {
  readonly dataPoints: readonly { readonly count: string | number }[];
}

interface Metric {
  readonly name: string;
  readonly unit?: string;
  readonly sum?: { readonly dataPoints: readonly { readonly asDouble?: number; readonly asInt?: string }[] };
  readonly histogram?: Histogram;
  readonly exponentialHistogram?: Histogram;
}

interface Exported {
  readonly resourceMetrics: readonly { readonly scopeMetrics: readonly { readonly metrics: readonly Metric[] }[] }[];
}

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

it("metrics are given to an exporter again and again, without an admin listener, and once more at the end", async () => {
  const collector = await startCollector();
  const running = await startGateway(built.out, sampleEnvironment([collector.origin]));
  onTestFinished(() => running.stop());
  const metrics = (): readonly Metric[] =>
    collector.exports.flatMap(({ body }) =>
      (body as Exported).resourceMetrics.flatMap(({ scopeMetrics }) => scopeMetrics.flatMap((scope) => scope.metrics)),
    );
  const counts = (): readonly number[] =>
    metrics().flatMap(({ name, sum }) =>
      name === "gatewright_requests" ? sum!.dataPoints.map(({ asDouble, asInt }) => Number(asDouble ?? asInt)) : [],
    );
  for (const [index, path] of ["/a", "/b"].entries()) {
    await fetch(`http://127.0.0.1:${running.port}${path}`);
    await expect.poll(() => counts().at(-1)).toBe(index + 1);
  }
  await fetch(`http://127.0.0.1:${running.port}/c`);
  const ended = once(running.process, "exit");
  running.process.kill("SIGTERM");
  await ended;
  expect(counts().at(-1)).toBe(3);
  expect(counts()).toEqual(counts().toSorted((one, other) => one - other));
  // telemetry row 28: name and unit are what the translation rules make `gatewright_request_duration_seconds` of.
  const durations = metrics().filter(({ name }) => name === "gatewright_request_duration");
  const countsOf = (form: "histogram" | "exponentialHistogram") =>
    durations.flatMap(({ unit, [form]: found }) => (found === undefined ? [] : [[unit, Number(found.dataPoints[0]!.count)]]));
  expect(countsOf("histogram").at(-1)).toEqual(["s", 3]);
  expect(countsOf("exponentialHistogram").at(-1)).toEqual(["s", 3]);
});
