import { expect, test } from "vitest";
import type { MetricFamily } from "../../runtime/gateway.ts";
import { createWorkerSums } from "../../runtime/metrics/worker-sums.ts";
import { gateway, operation, service, using } from "./support/gateway.ts";
import { exchange, get } from "./support/raw-client.ts";
import { answering, ok, rawUpstream } from "./support/raw-upstream.ts";

const family: MetricFamily = {
  name: "requests_total",
  help: "Requests",
  type: "counter",
  samples: [{ suffix: "", labels: 'code="200"', value: 7 }],
};

test("health, metrics, and nothing else", async () => {
  await using(gateway(operation(), { metrics: { collect: () => [family], sums: createWorkerSums } }), async ({ adminPort }) => {
    expect((await exchange(adminPort!, get("/healthz"))).status).toBe(200);
    const metrics = await exchange(adminPort!, get("/metrics"));
    expect(metrics.field("content-type")).toBe("text/plain; version=0.0.4; charset=utf-8");
    expect(metrics.body).toContain('requests_total{code="200"} 7\n');
    expect((await exchange(adminPort!, get("/"))).status).toBe(404);
    const post = await exchange(adminPort!, "POST /healthz HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n");
    expect([post.status, post.field("allow")]).toEqual([405, "GET, HEAD"]);
  });
  await using(gateway(operation()), async ({ adminPort }) => {
    expect((await exchange(adminPort!, get("/metrics"))).status).toBe(404);
  });
});

test("ready while every required service has an endpoint that can be reached", async () => {
  const up = await rawUpstream(answering(ok("")));
  const down = await rawUpstream(() => {});
  await down.close();
  const required = service([down.url, up.url], { name: "orders", required: true });
  const optional = service([down.url], { name: "search" });
  await using(gateway(operation(), { services: [required, optional] }), async ({ adminPort }) => {
    expect((await exchange(adminPort!, get("/readyz"))).status).toBe(200);
    await up.close();
    const answer = await exchange(adminPort!, get("/readyz"));
    expect([answer.status, JSON.parse(answer.body)]).toEqual([503, { status: "unready", unreachable: ["orders"] }]);
  });
});
