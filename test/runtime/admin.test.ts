import { expect, onTestFinished, test, vi } from "vitest";
import type { MetricFamily } from "../../runtime/gateway/metrics.ts";
import { clock } from "../../runtime/life/clock.ts";
import { createWorkerSums } from "../../runtime/metrics/worker-sums.ts";
import { buildFamily } from "../../runtime/policies/metrics/build-family.ts";
import { gateway, operation, service, using } from "./support/gateway.ts";
import { exchange, get } from "./support/raw-client.ts";
import { answering, ok, rawUpstream } from "./support/raw-upstream.ts";

const family: MetricFamily = {
  name: "requests_total",
  help: "Requests",
  type: "counter",
  samples: [{ labels: 'code="200"', value: 7 }],
};

test("health, metrics, and nothing else", async () => {
  await using(gateway(operation(), { metrics: { collect: () => [family], sums: createWorkerSums } }), async ({ adminPort }) => {
    expect((await exchange(adminPort!, get("/healthz"))).status).toBe(200);
    const metrics = await fetch(`http://127.0.0.1:${adminPort}/metrics`);
    expect(metrics.headers.get("content-type")).toBe("text/plain; version=0.0.4; charset=utf-8");
    expect(await metrics.text()).toContain('requests_total{code="200"} 7\n');
    expect((await exchange(adminPort!, get("/"))).status).toBe(404);
    const post = await exchange(adminPort!, "POST /healthz HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0\r\n\r\n");
    expect([post.status, post.field("allow")]).toEqual([405, "GET, HEAD"]);
  });
  await using(gateway(operation()), async ({ adminPort }) => {
    expect((await exchange(adminPort!, get("/metrics"))).status).toBe(404);
  });
});

test("which build serves: on /status, and once among the metrics of several workers", async () => {
  const build = { version: "0.1.0", digest: "abc", compatibility: "2026-12-01" };
  await using({ ...gateway(operation()), build }, async ({ adminPort }) => {
    const answer = await exchange(adminPort!, get("/status"));
    expect([answer.status, answer.field("content-type")]).toEqual([200, "application/json"]);
    expect(JSON.parse(answer.body)).toEqual({
      gateway: expect.any(String) as string,
      status: "up",
      ...build,
      node: process.versions.node,
      startedAt: expect.stringMatching(/^\d{4}-\d\d-\d\dT/) as string,
      workers: 1,
      services: [],
    });
  });
  const sums = createWorkerSums();
  for (const worker of [{}, {}]) sums.report(worker, [buildFamily(build)]);
  expect([...sums.expose("").chunks].join("")).toContain(
    'gatewright_build_info{version="0.1.0",digest="abc",compatibility="2026-12-01"} 1\n',
  );
});

test.each([
  "127.0.0.1",
  "127.0.0.1:9090",
  "[::1]:9090",
  "localhost",
  "LOCALHOST:1",
  "10.1.2.3:9090",
  "gate.internal:9090",
  "Gate.Internal.",
])("a request for %s is answered", async (host) => {
  await using(named, async ({ adminPort }) => {
    for (const path of ["/healthz", "/readyz"]) {
      const { status } = await exchange(adminPort!, `GET ${path} HTTP/1.1\r\nHost: ${host}\r\n\r\n`);
      expect([path, status]).toEqual([path, 200]);
    }
  });
});

test.each([
  "attacker.example",
  "attacker.example:9090",
  "localhost.attacker.example",
  "127.0.0.1.attacker.example",
  "gate.internal.attacker.example",
  "1.2.3",
  "[::1",
  "",
])(
  "a request for `%s` is refused: a page whose name was rebound to this address must not read the answer (RFC 9110 §15.5.20)",
  async (host) => {
    await using(named, async ({ adminPort }) => {
      for (const path of ["/healthz", "/readyz", "/metrics", "/"]) {
        const { status, body } = await exchange(adminPort!, `GET ${path} HTTP/1.1\r\nHost: ${host}\r\n\r\n`);
        expect([path, status]).toEqual([path, 421]);
        expect(body).toContain("`listeners.admin.names`");
      }
    });
  },
);

const admin = { host: "127.0.0.1", port: 0, trustedProxies: [], names: ["gate.internal"] };
const named = gateway(operation(), { listeners: { public: { ...admin, names: [] }, admin } });

test("a client of HTTP/1.0 without Host is no page of a browser", async () => {
  await using(named, async ({ adminPort }) => {
    expect((await exchange(adminPort!, "GET /healthz HTTP/1.0\r\n\r\n")).status).toBe(200);
  });
});

test("/readyz asked a hundred times knocks at a service once", async () => {
  const up = await rawUpstream(answering(ok("")));
  await using(gateway(operation(), { services: [service([up.url], { required: true })] }), async ({ adminPort }) => {
    const answers = await Promise.all(Array.from({ length: 50 }, () => exchange(adminPort!, get("/readyz"))));
    for (let turn = 0; turn < 50; turn++) answers.push(await exchange(adminPort!, get("/readyz")));
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]));
    expect(up.sockets.length).toBe(1);
  });
});

test("ready while every required service has an endpoint that can be reached, as of the last five seconds", async () => {
  const monotonic = vi.spyOn(clock, "monotonic");
  onTestFinished(() => monotonic.mockRestore());
  const later = (milliseconds: number): void => {
    const now = clock.monotonic();
    monotonic.mockImplementation(() => now + milliseconds);
  };
  const up = await rawUpstream(answering(ok("")));
  const down = await rawUpstream(() => {});
  await down.close();
  const required = service([down.url, up.url], { name: "orders", required: true });
  const optional = service([down.url], { name: "search" });
  await using(gateway(operation(), { services: [required, optional] }), async ({ adminPort }) => {
    expect((await exchange(adminPort!, get("/readyz"))).status).toBe(200);
    await up.close();
    later(5_000);
    const answer = await exchange(adminPort!, get("/readyz"));
    expect([answer.status, JSON.parse(answer.body)]).toEqual([503, { status: "unready", unreachable: ["orders"] }]);
  });
});
