import { type ClientHttp2Stream, connect, constants } from "node:http2";
import { expect, onTestFinished, test } from "vitest";
import { built, metricsOf, running, startWorkers, sumOf } from "../../faults/gateway.ts";
import { holdingService } from "../../harness/holding-service.ts";
import type { RunningGateway } from "../../harness/running-gateway.ts";
import { exchange, get, RawClient } from "../../runtime/support/raw-client.ts";

const gatewayFile = (policies: string, limit: string): string => `gateway: crowded
compatibility: 2026-12-01
listeners:
  public: { host: 127.0.0.1, port: "\${env:PORT}", http2: true, trustedProxies: [127.0.0.0/8], deadline: { field: X-Time-Left } }
  admin: { port: "\${env:ADMIN_PORT}", names: [shop.example.com] }
routes:
  things: { match: { path: "/**" }, service: backend, policies: { public: tests } }
  reports: { match: { path: "/reports/**" }, service: backend, policies: { public: tests } }
  elsewhere: { match: { path: "/other/**" }, service: other, policies: { public: tests } }
services:
  backend: { endpoints: ["\${env:UPSTREAM}"], timeout: { response: 10m }${limit} }
  other: { endpoints: ["\${env:UPSTREAM}"]${limit} }
policies:
  metrics: {}
  priority: { class: "request.headers['x-class']" }
${policies}`;

async function started(
  policies: string,
  limit = "",
): Promise<{
  readonly gateway: RunningGateway;
  readonly service: Awaited<ReturnType<typeof holdingService>>;
  /** Sends a request of its own connection. */
  ask(target: string, fields?: string): RawClient;
}> {
  const service = await holdingService();
  const gateway = await running(await built({ "gateway.yaml": gatewayFile(policies, limit) }), service.url);
  const ask = (target: string, fields = ""): RawClient => {
    const client = new RawClient(gateway.port).write(`GET ${target} HTTP/1.1\r\nHost: a\r\n${fields}\r\n`);
    onTestFinished(() => client.close());
    return client;
  };
  return { gateway, service, ask };
}

const figure = async (gateway: RunningGateway, name: string): Promise<number> =>
  sumOf(await metricsOf(gateway.adminPort!), `gatewright_concurrency_${name}`);

const queued = (gateway: RunningGateway, count: number): Promise<void> =>
  expect.poll(() => figure(gateway, "queued")).toBe(count);

const inFlight = (gateway: RunningGateway, count: number): Promise<void> =>
  expect.poll(() => figure(gateway, "in_flight")).toBe(count);

test("beyond the limit there is a 503 of its own type that says when to come back, and health is not affected", async () => {
  const { gateway, service, ask } = await started("  concurrency: { limit: 2 }\n");
  const held = [ask("/1"), ask("/2")];
  await service.has(2);
  const refused = await ask("/3").answer();
  expect([refused.status, refused.field("retry-after")]).toEqual([503, "1"]);
  expect(JSON.parse(refused.body)).toEqual({
    type: "urn:gatewright:problem:concurrency-limit",
    title: "Too many requests are under way",
    status: 503,
  });
  expect((await exchange(gateway.adminPort!, get("/healthz"))).status).toBe(200);
  service.answer("/1");
  expect((await held[0]!.answer()).status).toBe(200);
  await inFlight(gateway, 1);
  const next = ask("/4");
  await service.has(3);
  for (const target of ["/2", "/4"]) service.answer(target);
  expect([(await held[1]!.answer()).status, (await next.answer()).status]).toEqual([200, 200]);
  await inFlight(gateway, 0);
  expect(await figure(gateway, "shed_total")).toBe(1);
  expect(await metricsOf(gateway.adminPort!)).toMatch(/shed_total\{limit="[^"]+",priority="normal",reason="full"\} 1\n/);
});

test("who waits goes on when a place is free, the most important first", async () => {
  const { gateway, service, ask } = await started("  concurrency: { limit: 1, queue: { deadline: 10m } }\n");
  const clients = [ask("/first")];
  await service.has(1);
  for (const [index, name] of ["low", "normal", "critical", "high"].entries()) {
    clients.push(ask(`/${name}`, `X-Class: ${name}\r\n`));
    await queued(gateway, index + 1);
  }
  for (const [index, name] of ["first", "critical", "high", "normal", "low"].entries()) {
    await service.has(index + 1);
    service.answer(`/${name}`);
  }
  for (const client of clients) expect((await client.answer()).status).toBe(200);
  expect(service.seen).toEqual(["/first", "/critical", "/high", "/normal", "/low"]);
  const status = JSON.parse((await exchange(gateway.adminPort!, get("/status"))).body) as { things: { state: object }[] };
  expect(Object.values(status.things[0]!.state)).toEqual([{ limit: 1, inFlight: 0, waiting: 0 }]);
});

test("a client that leaves gives back what it has: its place in the queue, or its place", async () => {
  const { gateway, service, ask } = await started("  concurrency: { limit: 1, queue: { max: 1, deadline: 10m } }\n");
  const first = ask("/first");
  await service.has(1);
  const leaves = ask("/leaves");
  await queued(gateway, 1);
  leaves.close();
  await queued(gateway, 0);
  const stays = ask("/stays");
  await queued(gateway, 1);
  first.close();
  await service.has(2);
  service.answer("/stays");
  expect((await stays.answer()).status).toBe(200);
  expect(service.seen).toEqual(["/first", "/stays"]);
  await inFlight(gateway, 0);
  expect(await figure(gateway, "shed_total")).toBe(0);
});

test("a place comes back from a service that breaks off, that says nothing, and from an answer that is left", async () => {
  const { gateway, service, ask } = await started("  timeout: { response: 5s }\n  concurrency: { limit: 1 }\n");
  for (const [index, text] of ["garbage\r\n\r\n", "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf", ""].entries()) {
    const client = ask(`/${index}`);
    await service.has(index + 1);
    if (text === "") {
      const late = async (): Promise<boolean> => {
        await gateway.advance(6_000);
        return client.text !== "";
      };
      await expect.poll(late).toBe(true);
    } else service.answer(`/${index}`, text);
    if (text.includes("half")) {
      await client.until((got) => got.includes("half"));
      client.close();
    } else expect((await client.answer()).status).toBeGreaterThanOrEqual(502);
    await inFlight(gateway, 0);
  }
});

test("nobody waits longer than the deadline of the queue, or than the caller does, who gets 504", async () => {
  const { gateway, service, ask } = await started("  concurrency: { limit: 1, queue: { deadline: 50ms } }\n");
  ask("/first");
  await service.has(1);
  const late = ask("/late");
  await queued(gateway, 1);
  const hurried = ask("/hurried", "X-Time-Left: 20\r\n");
  await queued(gateway, 2);
  await gateway.advance(30);
  const gone = await hurried.answer();
  expect([gone.status, gone.body]).toEqual([504, expect.stringContaining("deadline-exceeded")]);
  await queued(gateway, 1);
  await gateway.advance(30);
  expect((await late.answer()).status).toBe(503);
  expect(await metricsOf(gateway.adminPort!)).toContain('priority="normal",reason="deadline"} 2\n');
});

test("with a key each caller has the limit alone, gets 429 beyond it, and nothing is kept of those who have left", async () => {
  const { gateway, service, ask } = await started(`  concurrency: { limit: 1, by: "request.headers['x-tenant']" }\n`);
  const one = ask("/one", "X-Tenant: a\r\n");
  await service.has(1);
  const refused = await ask("/two", "X-Tenant: a\r\n").answer();
  expect([refused.status, refused.field("retry-after")]).toEqual([429, "1"]);
  expect(refused.body).toContain("urn:gatewright:problem:too-many-concurrent-requests");
  const other = ask("/other", "X-Tenant: b\r\n");
  // Without a value they are counted together.
  const nobody = ask("/nobody");
  await service.has(3);
  expect((await ask("/nobody-else").answer()).status).toBe(429);
  await inFlight(gateway, 3);
  for (const target of ["/one", "/other", "/nobody"]) service.answer(target);
  for (const client of [one, other, nobody]) expect((await client.answer()).status).toBe(200);
  await inFlight(gateway, 0);
});

test("in report mode nobody waits and nobody is refused; what would have been is counted", async () => {
  const { gateway, service, ask } = await started("  concurrency: { limit: 1, queue: {}, mode: report }\n");
  const clients = [ask("/1"), ask("/2")];
  await service.has(2);
  for (const target of ["/1", "/2"]) service.answer(target);
  for (const client of clients) expect((await client.answer()).status).toBe(200);
  await inFlight(gateway, 0);
  expect(sumOf(await metricsOf(gateway.adminPort!), "gatewright_policy_reports_total")).toBe(1);
});

test("a gateway that drains answers those who wait, in their order, and ends", async () => {
  const { gateway, service, ask } = await started("  concurrency: { limit: 1, queue: { deadline: 10m } }\n");
  const clients = [ask("/first"), ask("/second"), ask("/third")];
  await service.has(1);
  await queued(gateway, 2);
  gateway.process.kill("SIGTERM");
  for (const index of [0, 1, 2]) {
    await service.has(index + 1);
    service.answer(service.seen[index]!);
  }
  for (const client of clients) {
    expect((await client.answer()).status).toBe(200);
    client.close();
  }
  await expect.poll(() => gateway.process.exitCode).toBe(0);
});

test("a service with a limit takes so many of all operations together; further ones wait, or are refused, and no endpoint is blamed", async () => {
  const { gateway, service, ask } = await started("", ", concurrency: { limit: 2, queue: { max: 1, deadline: 10m } }");
  const held = [ask("/1"), ask("/reports/1")];
  await service.has(2);
  const waits = ask("/2");
  await queued(gateway, 1);
  const refused = await ask("/reports/2").answer();
  expect([refused.status, refused.field("retry-after")]).toEqual([503, "1"]);
  expect(refused.body).toContain("urn:gatewright:problem:concurrency-limit");
  // Another service has its own.
  const other = ask("/other/1");
  await service.has(3);
  service.answer("/other/1");
  expect((await other.answer()).status).toBe(200);
  service.answer("/1");
  await service.has(4);
  for (const target of ["/reports/1", "/2"]) service.answer(target);
  for (const client of [...held, waits]) expect((await client.answer()).status).toBe(200);
  await inFlight(gateway, 0);
  expect(service.seen).toEqual(["/1", "/reports/1", "/other/1", "/2"]);
  const metrics = await metricsOf(gateway.adminPort!);
  expect(metrics).toContain('shed_total{limit="services.backend concurrency",priority="normal",reason="full"} 1\n');
  // What was refused was no error of the service.
  expect(sumOf(metrics, "gatewright_request_errors_total")).toBe(0);
  expect((await exchange(gateway.adminPort!, get("/readyz"))).status).toBe(200);
});

test("streams of one HTTP/2 connection wait each for itself, and one that is reset gives its place to the next", async () => {
  const { gateway, service } = await started("  concurrency: { limit: 1, queue: { max: 2, deadline: 10m } }\n");
  const session = connect(`http://127.0.0.1:${gateway.port}`);
  onTestFinished(() => session.destroy());
  const ask = (path: string): { readonly stream: ClientHttp2Stream; readonly status: Promise<unknown> } => {
    const stream = session.request({ ":path": path });
    stream.on("error", () => {}).resume();
    return { stream, status: new Promise((resolve) => stream.on("response", (fields) => resolve(fields[":status"]))) };
  };
  const first = ask("/first");
  await service.has(1);
  const reset = ask("/reset");
  const last = ask("/last");
  await queued(gateway, 2);
  expect(await ask("/full").status).toBe(503);
  reset.stream.close(constants.NGHTTP2_CANCEL);
  await queued(gateway, 1);
  service.answer("/first");
  await service.has(2);
  service.answer("/last");
  expect([await first.status, await last.status]).toEqual([200, 200]);
  expect(service.seen).toEqual(["/first", "/last"]);
  await inFlight(gateway, 0);
});

test("each worker has the limit for itself", async () => {
  const service = await holdingService();
  const out = await built({ "gateway.yaml": gatewayFile("  concurrency: { limit: 3 }\n", "") });
  const { port, admin } = await startWorkers(out, service.url);
  const clients: RawClient[] = [];
  onTestFinished(() => {
    for (const client of clients) client.close();
  });
  // However connections are shared out, some come to either.
  const seen = (): number => {
    clients.push(new RawClient(port).write(get(`/${clients.length}`)));
    return service.seen.length;
  };
  await expect.poll(seen, { timeout: 30_000 }).toBe(6);
  const answered = (): readonly string[] => clients.map(({ text }) => text.slice(0, 12)).filter((text) => text !== "");
  await expect.poll(() => answered().length).toBe(clients.length - 6);
  expect(new Set(answered())).toEqual(new Set(["HTTP/1.1 503"]));
  const figures = async (): Promise<readonly number[]> => {
    const metrics = await metricsOf(admin);
    return ["limit", "in_flight"].map((name) => sumOf(metrics, `gatewright_concurrency_${name}`));
  };
  await expect.poll(figures).toEqual([6, 6]);
});
