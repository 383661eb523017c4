import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it, vi } from "vitest";
import { type Collector, startCollector } from "../../harness/collector.ts";
import { buildForTest, type RunningGateway, startGateway } from "../../harness/running-gateway.ts";
import { sampleEnvironment } from "../../harness/sample-environment.ts";
import { get } from "../../runtime/support/raw-client.ts";
import { ok } from "../../runtime/support/raw-upstream.ts";
import { RedisServer, until } from "../../stores/support/redis-server.ts";
import { kept } from "./shared-support.ts";
import { ask, HeldService } from "./support.ts";

const gatewayFile = `gateway: test
compatibility: 2026-12-01
listeners: { public: { host: 127.0.0.1, port: "\${env:PORT}" } }
stores: { default: { memory: {} }, pages: { redis: { url: { env: REDIS_URL }, timeout: 10s } } }
services: { backend: { endpoints: ["\${env:UPSTREAM}"] } }
exporters: { collector: { otlp: { url: "\${env:COLLECTOR}", protocol: json, batch: { delay: 10ms } } } }
policies: { tracing: { sample: 100% }, accessLog: { slow: 1ms } }
routes:
  shared:
    match: { path: "/shared/**", methods: [GET] }
    service: backend
    policies: { public: pages, cache: { store: pages } }
  own:
    match: { path: "/own/**", methods: [GET] }
    service: backend
    policies: { public: pages, cache: {} }
`;

const held = new HeldService();
let redis: RedisServer;
let collector: Collector;
let gateway: RunningGateway;
let dispose: () => void;

beforeAll(async () => {
  const folder = mkdtempSync(join(tmpdir(), "gatewright-"));
  writeFileSync(join(folder, "gateway.yaml"), gatewayFile);
  const [store, built, url, exporting] = await Promise.all([
    RedisServer.start(),
    buildForTest(join(folder, "gateway.yaml")),
    held.begin(),
    startCollector(),
  ]);
  rmSync(folder, { recursive: true });
  expect(built.diagnostics.map(({ code }) => code)).toEqual([]);
  [redis, collector, dispose] = [store, exporting, built.dispose];
  gateway = await startGateway(built.out, { ...sampleEnvironment([url]), REDIS_URL: redis.url, COLLECTOR: collector.origin });
});
afterAll(async () => {
  await gateway.stop();
  await Promise.all([redis.end(), held.end()]);
  dispose();
});

/** The spans of the only request for a path, but for that of the request itself, once it was exported. */
async function spansOf(path: string, nth = 0): Promise<readonly { readonly name: string; readonly ms: number }[]> {
  const all = () => collector.spans as readonly (typeof collector.spans)[number][];
  const isOf = (span: (typeof collector.spans)[number]): boolean =>
    span.kind === 2 && JSON.stringify(span.attributes).includes(`"${path}"`);
  await vi.waitFor(async () => {
    await gateway.advance(10);
    expect(all().filter(isOf).length).toBeGreaterThan(nth);
  });
  const { traceId } = all().filter(isOf)[nth]!;
  return all()
    .filter((span) => span.traceId === traceId && span.kind !== 2)
    .map((span) => {
      const { startTimeUnixNano, endTimeUnixNano } = span as unknown as Readonly<Record<string, string>>;
      return { name: span.name, ms: Number(BigInt(endTimeUnixNano!) - BigInt(startTimeUnixNano!)) / 1e6 };
    });
}

it("a look into a shared store is a span of its own, whatever comes of it", async () => {
  const fetched = async (path: string): Promise<void> => {
    const client = ask(gateway.port, get(path));
    (await held.arrived(held.requests.length + 1)).send(ok("whole", kept));
    await client.answer();
  };
  const entries = async (): Promise<number> => ((await redis.ask("keys", "*:e3:*")) as string[]).length;
  // What is asked before the server is connected is not kept.
  let asked = 0;
  await until("something is kept", async () => {
    await fetched(`/shared/before-${asked++}`);
    return (await entries()) > 0;
  });
  const before = await entries();
  await fetched("/shared/a");
  expect((await spansOf("/shared/a")).map(({ name }) => name)).toEqual(expect.arrayContaining(["cache", "GET"]));
  // What is not kept yet would be asked for, and nobody answers.
  await until("it is kept", async () => (await entries()) > before);
  const again = ask(gateway.port, get("/shared/a"));
  expect((await again.answer()).body).toBe("whole");
  expect((await spansOf("/shared/a", 1)).map(({ name }) => name)).toEqual(["cache"]);
});

it("who waits for what another request fetches has a span of that, and a part of a slow line; who fetches has the attempt", async () => {
  const first = ask(gateway.port, get("/own/b"));
  const request = await held.arrived(held.requests.length + 1);
  const second = ask(gateway.port, get("/own/b"));
  // It has arrived once another request behind it has been answered.
  const marker = ask(gateway.port, get("/own/c"));
  (await held.arrived(held.requests.length + 1)).send(ok("other", kept));
  await marker.answer();
  await gateway.advance(50);
  request.send(ok("whole", kept));
  await Promise.all([first.answer(), second.answer()]);
  const both = await Promise.all([spansOf("/own/b", 0), spansOf("/own/b", 1)]);
  expect(both.map((spans) => spans.map(({ name }) => name)).toSorted()).toEqual([["GET"], ["cache"]]);
  const [wait] = both.flat().filter(({ name }) => name === "cache");
  expect(wait!.ms).toBe(50);
  const lines = await vi.waitFor(() => {
    const found = gateway.log.left.filter((line) => line.includes('"/own/b"'));
    expect(found.length).toBe(2);
    return found.map((line) => (JSON.parse(line) as { parts: object }).parts);
  });
  expect(lines.map((parts) => Object.keys(parts)).toSorted()).toEqual([["cache"], ["service", "body"]]);
  // What is there needs no wait.
  const hit = ask(gateway.port, get("/own/b"));
  await hit.answer();
  expect(await spansOf("/own/b", 2)).toEqual([]);
});
