import { execFile, spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from "vitest";
import type { Manifest } from "../../../compiler/phases/6-bundle/manifest.ts";
import { metricsOf, sumOf, workersOf } from "../../faults/gateway.ts";
import { component } from "../../harness/component.ts";
import { freePort } from "../../harness/free-port.ts";
import { sendRequest } from "../../harness/http-client.ts";
import { Load } from "../../harness/load.ts";
import { Program } from "../../harness/program.ts";
import { isPrometheusFrom } from "../../harness/prometheus-version.ts";
import { messagesIn } from "../../harness/protobuf.ts";
import { buildForTest } from "../../harness/running-gateway.ts";
import { sampleEnvironment } from "../../harness/sample-environment.ts";
import { temporaryFolder } from "../../harness/temporary-folder.ts";
import { until } from "../../stores/support/redis-server.ts";

const file = `gateway: metered
compatibility: 2026-12-01
listeners:
  public: { host: 127.0.0.1, port: "\${env:PORT}" }
  admin: { port: "\${env:ADMIN_PORT}" }
routes:
  hello: { match: { path: "/hello" }, policies: { public: metrics, respond: { body: hello } } }
  gone: { match: { path: "/gone/**" }, service: backend, policies: { public: metrics } }
services:
  backend: { endpoints: [http://127.0.0.1:1] }
policies:
  rateLimit: { limit: 1000000/s }
  metrics: { own: { tiers_total: { counter: 1, labels: { tier: { value: "request.headers['x-tier']", most: 3 }, host: request.host } } } }
`;

let program: Program | undefined;
let dispose: () => void;
/** Most series of requests, as the build says. */
let most: number;
let port: number;
let admin: number;

beforeAll(async () => {
  const folder = mkdtempSync(join(tmpdir(), "gatewright-metrics-"));
  writeFileSync(join(folder, "gateway.yaml"), file);
  const built = await buildForTest(join(folder, "gateway.yaml"));
  const { series } = JSON.parse(readFileSync(join(built.out, "manifest.json"), "utf8")) as Manifest;
  most = series.reduce((sum, bound) => sum + bound.most, 0);
  dispose = () => {
    built.dispose();
    rmSync(folder, { recursive: true });
  };
  program = new Program(`${built.out}/gateway.mjs`, ["--workers", "2"], { env: sampleEnvironment([]), cwd: built.out });
  const [, first, second] = await program.until(
    /listens on http:\/\/127\.0\.0\.1:(\d+), admin on http:\/\/127\.0\.0\.1:(\d+), 2 workers/,
    "stderr",
  );
  [port, admin] = [Number(first), Number(second)];
});

afterAll(async () => {
  await program?.stop("SIGKILL");
  dispose();
});

const ask = (method: string, target: string, host = "shop.example.com", tier = "gold") =>
  sendRequest(port, {
    method,
    target,
    headers: [
      ["Host", host],
      ["X-Tier", tier],
    ],
    body: "",
  });

const scrape = (headers: Readonly<Record<string, string>> = {}, method = "GET") =>
  fetch(`http://127.0.0.1:${admin}/metrics`, { headers, method });

const seriesOf = (text: string): string[] =>
  text.split("\n").flatMap((line) => (line === "" || line.startsWith("#") ? [] : [line.slice(0, line.lastIndexOf(" "))]));

// telemetry rows 26 and 27
describe("what is scraped is in the format that is asked for", () => {
  it("as text, compressed where gzip is taken, and as OpenMetrics", async () => {
    await ask("GET", "/hello");
    const plain = await scrape({ "Accept-Encoding": "gzip" });
    expect([plain.headers.get("content-type"), plain.headers.get("content-encoding")]).toEqual([
      "text/plain; version=0.0.4; charset=utf-8",
      "gzip",
    ]);
    expect(await plain.text()).toContain('gatewright_requests_total{operation="routes.hello",');
    const open = await scrape({ Accept: "application/openmetrics-text;version=1.0.0", "Accept-Encoding": "identity" });
    expect([open.headers.get("content-type"), open.headers.get("content-encoding")]).toEqual([
      "application/openmetrics-text; version=1.0.0; charset=utf-8",
      null,
    ]);
    const text = await open.text();
    expect(text.endsWith("\n# EOF\n")).toBe(true);
    const types = [...text.matchAll(/^# TYPE (\S+)/gm)].map(([, name]) => name);
    expect(types).toEqual([...new Set(types)]);
    expect(new Set(seriesOf(text)).size).toBe(seriesOf(text).length);
    const head = await scrape({ Accept: "application/openmetrics-text" }, "HEAD");
    expect([head.status, await head.text()]).toEqual([200, ""]);
  });

  it("as protobuf, with native histograms of both workers added up", async () => {
    for (let round = 0; round < 6; round++) await ask("GET", "/hello");
    const accept = "application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=delimited";
    const answer = await scrape({ Accept: accept });
    expect(answer.headers.get("content-type")).toBe(
      "application/vnd.google.protobuf; proto=io.prometheus.client.MetricFamily; encoding=delimited",
    );
    const families = messagesIn(Buffer.from(await answer.arrayBuffer()));
    const names = families.map((family) => family.texts(1)[0]);
    expect(names).toEqual([...new Set(names)]);
    const durations = families.find((family) => family.texts(1)[0] === "gatewright_request_duration_seconds")!;
    const histogram = durations.messages(4)[0]!.messages(7)[0]!;
    expect(histogram.signed(5)).toEqual([3]);
    let [count, last] = [histogram.numbers(7)[0]!, 0];
    for (const delta of histogram.packedSigned(13)) count += last += delta;
    expect(count).toBe(histogram.numbers(1)[0]);
    expect(count).toBeGreaterThanOrEqual(7);
  });

  it("and promtool finds nothing wrong with its text", async () => {
    const child = spawn(await component("promtool"), ["check", "metrics"], { stdio: ["pipe", "pipe", "pipe"] });
    let said = "";
    for (const stream of [child.stdout, child.stderr]) stream.setEncoding("utf8").on("data", (text: string) => (said += text));
    child.stdin.end(await metricsOf(admin));
    expect(await new Promise((resolve) => child.on("close", resolve)), said).toBe(0);
    expect(said).toBe("");
  });

  it.each([
    ["OpenMetrics", false],
    ["protobuf with native histograms", true],
  ])("Prometheus scrapes %s", async (format, isNative) => {
    const own = await freePort();
    // A flag until 3.8, an option of the configuration from then on.
    const hasOption = await isPrometheusFrom("prometheus", 3, 8);
    const folder = temporaryFolder({
      "prometheus.yml": `global: { scrape_interval: 100ms, scrape_timeout: 100ms${isNative && hasOption ? ", scrape_native_histograms: true" : ""} }
scrape_configs: [{ job_name: gateway, static_configs: [{ targets: ["127.0.0.1:${admin}"] }] }]
`,
    });
    const args = [
      `--config.file=${folder}/prometheus.yml`,
      `--storage.tsdb.path=${folder}/data`,
      `--web.listen-address=127.0.0.1:${own}`,
    ];
    const child = execFile(await component("prometheus"), [
      ...args,
      ...(isNative && !hasOption ? ["--enable-feature=native-histograms"] : []),
    ]);
    onTestFinished(() => void child.kill("SIGKILL"));
    const query = async (expression: string) => {
      const answer = await fetch(`http://127.0.0.1:${own}/api/v1/query?query=${encodeURIComponent(expression)}`).catch(
        () => undefined,
      );
      if (answer?.ok !== true) return [];
      const { data } = (await answer.json()) as {
        data: { result: { value?: [number, string]; histogram?: [number, { count: string }] }[] };
      };
      return data.result;
    };
    await until(`Prometheus has ${format}`, async () => (await query("up == 1")).length === 1);
    expect((await query('gatewright_requests_total{operation="routes.hello",status="200"}'))[0]!.value![1]).toMatch(/^\d+$/);
    const durations = 'gatewright_request_duration_seconds{operation="routes.hello"}';
    if (isNative) {
      const [found] = await query(durations);
      expect(Number(found!.histogram![1].count)).toBeGreaterThanOrEqual(7);
    } else {
      expect(await query(durations)).toEqual([]);
      expect((await query(durations.replace("{", "_bucket{"))).length).toBe(14);
    }
  });
});

// telemetry row 29
it("has no more series than the build says, whatever hostile clients send", async () => {
  const paths = ["/hello", "/gone/*?tier=*", "/nowhere/*"];
  const hostile = Array.from({ length: 400 }, (_, index) =>
    ask(`FOO${index}`, paths[index % 3]!.replaceAll("*", String(index)), `host-${index}.example.com`, `tier-${index}`),
  );
  await Promise.all(hostile);
  const series = seriesOf(await metricsOf(admin));
  const ofRequests = series.filter((one) => /^(?:tiers_|gatewright_(?:request|response|refusals|policy|upstream_))/.test(one));
  expect(ofRequests.length).toBeLessThanOrEqual(most);
  expect(new Set(series.flatMap((one) => /method="([^"]*)"/.exec(one)?.[1] ?? []))).toEqual(new Set(["GET", "other"]));
  // Three tiers and twenty hosts of their own, each of them with `other`; a header and a host is in every request.
  const own = series.filter((one) => one.startsWith("tiers_total"));
  expect(own.length).toBeLessThanOrEqual(4 * 21);
  expect(own.some((one) => one.includes('tier="other",host="other"'))).toBe(true);
  expect(new Set(own.map((one) => /tier="([^"]*)"/.exec(one)![1])).size).toBe(4);
});

// telemetry row 31
it("no counter falls while workers are killed, during scrapes too, and workers keep their numbers", async () => {
  const load = new Load(port, { clients: 8, most: 1_000_000, isFresh: true, target: "/hello" });
  const highest = new Map<string, number>();
  const look = async (): Promise<string> => {
    const text = await metricsOf(admin);
    const counters = new Set([...text.matchAll(/^# TYPE (\S+) (?:counter|histogram)/gm)].map(([, name]) => name!));
    for (const line of text.split("\n")) {
      const series = line.slice(0, line.lastIndexOf(" "));
      const name = /^\w+/.exec(series)?.[0].replace(/_(?:bucket|count|sum)$/, "");
      if (name === undefined || !counters.has(name)) continue;
      const value = Number(line.slice(series.length));
      expect(value, series).toBeGreaterThanOrEqual(highest.get(series) ?? 0);
      highest.set(series, value);
    }
    return text;
  };
  for (let round = 0; round < 2; round++) {
    await load.further(100);
    await look();
    const [victim] = await workersOf(admin);
    // In the middle of a scrape: it answers in time with what is known.
    const during = look();
    process.kill(victim!, "SIGKILL");
    await during;
    await until("there are two workers again", async () => {
      await look();
      const now = await workersOf(admin);
      return now.length === 2 && !now.includes(victim!);
    });
  }
  load.stop();
  await load.done;
  const text = await look();
  expect(sumOf(text, "gatewright_requests_total")).toBeGreaterThan(200);
  const numbers = new Set([...text.matchAll(/worker="(\d+)"/g)].map(([, number]) => number));
  expect([...numbers].sort()).toEqual(["1", "2"]);
});
