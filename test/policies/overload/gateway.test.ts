import { expect, onTestFinished, test } from "vitest";
import { built, metricsOf, running, sumOf } from "../../faults/gateway.ts";
import { startUpstream } from "../../harness/recording-upstream.ts";
import { exchange, get } from "../../runtime/support/raw-client.ts";

const gatewayFile = `gateway: late
compatibility: 2026-12-01
listeners:
  public: { host: 127.0.0.1, port: "\${env:PORT}" }
  admin: { port: "\${env:ADMIN_PORT}", names: [shop.example.com] }
routes:
  low: { match: { path: /low }, service: backend, policies: { public: tests, priority: { class: low } } }
  normal: { match: { path: /normal }, service: backend, policies: { public: tests } }
  critical: { match: { path: /critical }, service: backend, policies: { public: tests, priority: { class: critical } } }
services:
  backend: { endpoints: ["\${env:UPSTREAM}"] }
policies:
  metrics: {}
  overload: { eventLoopLag: 100ms, interval: 20ms }
`;

test("while the event loop is late the least important are refused, the important and health never, and all are let in again", async () => {
  const upstream = await startUpstream();
  onTestFinished(() => upstream.close());
  const gateway = await running(await built({ "gateway.yaml": gatewayFile }), upstream.url);
  const ask = (target: string): ReturnType<typeof exchange> => exchange(gateway.port, get(target));
  expect((await ask("/low")).status).toBe(200);
  // Between two looks of the gateway more time passes than it had set its timer to.
  let refused = await ask("/low");
  await expect
    .poll(
      async () => {
        await gateway.advance(200);
        refused = await ask("/low");
        expect((await ask("/critical")).status).toBe(200);
        expect((await exchange(gateway.adminPort!, get("/healthz"))).status).toBe(200);
        return refused.status;
      },
      { timeout: 20_000, interval: 1 },
    )
    .toBe(503);
  expect([refused.field("retry-after"), refused.body]).toEqual([
    "1",
    '{"type":"urn:gatewright:problem:overloaded","title":"The gateway has too much to do at the moment","status":503}',
  ]);
  await expect.poll(async () => (await ask("/low")).status, { timeout: 20_000 }).toBe(200);
  expect((await ask("/normal")).status).toBe(200);
  const metrics = await metricsOf(gateway.adminPort!);
  expect(sumOf(metrics, "gatewright_overload_shed_total")).toBeGreaterThan(0);
  expect(metrics).toContain(`event_loop_lag_seconds{overload="gateway.yaml:14 overload",worker="1"} 0\n`);
  expect(metrics).toMatch(/overload_shed_total\{[^}]*priority="critical"\} 0\n/);
});
