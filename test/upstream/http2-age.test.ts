import { createServer, type ServerHttp2Session } from "node:http2";
import type { AddressInfo } from "node:net";
import { expect, onTestFinished, test, vi } from "vitest";
import { clock } from "../../runtime/life/clock.ts";
import { createAgingPools } from "../../runtime/upstream/http2/http2-pool.ts";
import { createNames } from "../../runtime/upstream/names.ts";
import { startDnsServer } from "../harness/dns-server.ts";
import { forwarding, gateway, using } from "../runtime/support/gateway.ts";
import { exchange, get } from "../runtime/support/raw-client.ts";
import { echo, http2, http2Service } from "./support/http2.ts";

test("a name with one address that gets two more: each has its third at once, and after all connections were renewed (traffic row 42, envoy#7403)", async () => {
  const addresses = ["127.0.0.1", "127.0.0.2", "127.0.0.3"];
  const counts = new Map<string, number>();
  const sessions: ServerHttp2Session[] = [];
  let at = 0;
  for (const address of addresses) {
    const server = createServer((_, response) => {
      counts.set(address, (counts.get(address) ?? 0) + 1);
      // Long enough for requests to be under way together.
      setTimeout(() => response.end(), 10);
    });
    server.on("session", (session) => sessions.push(session));
    await new Promise<void>((resolve) => server.listen(at, address, resolve));
    at = (server.address() as AddressInfo).port;
    onTestFinished(() => void server.close());
  }
  onTestFinished(() => {
    for (const session of sessions) session.destroy();
  });
  const dns = await startDnsServer({ "orders.test": { a: addresses.slice(0, 1), ttl: 1 } });
  onTestFinished(() => dns.close());
  const names = createNames({ service: "orders", servers: [dns.address], ttl: { min: 1_000, max: 300_000 } });
  const orders = http2(`http://orders.test:${at}`, { protocol: createAgingPools({ maxAge: 60_000 }), names });
  const real = clock.monotonic;
  let ahead = 0;
  vi.spyOn(clock, "monotonic").mockImplementation(() => real() + ahead);
  onTestFinished(() => void vi.restoreAllMocks());
  await using(gateway(forwarding(orders)), async ({ port }) => {
    const ask = async (count: number): Promise<readonly number[]> => {
      counts.clear();
      for (let asked = 0; asked < count; asked += 30)
        await Promise.all(Array.from({ length: 30 }, async () => expect((await exchange(port, get("/"))).status).toBe(200)));
      return addresses.map((address) => counts.get(address) ?? 0);
    };
    expect(await ask(60)).toEqual([60, 0, 0]);
    dns.table.set("orders.test", { a: addresses, ttl: 1 });
    ahead = 2_000;
    const all = { timeout: 20_000 };
    // The name is asked again, and two connections are opened, beside requests that go on.
    await vi.waitFor(async () => expect(Math.min(...(await ask(30)))).toBeGreaterThan(0), all);
    for (const count of await ask(300)) expect(count).toBeGreaterThan(70);
    ahead = 70_000;
    await vi.waitFor(() => expect(sessions.filter(({ closed, destroyed }) => closed || destroyed)).toHaveLength(3), all);
    await vi.waitFor(async () => expect(Math.min(...(await ask(30)))).toBeGreaterThan(0), all);
    for (const count of await ask(300)) expect(count).toBeGreaterThan(70);
    expect(sessions).toHaveLength(6);
  });
});

test("a connection takes no more requests once it is old, so that addresses that came later get their share (envoy#7403)", async () => {
  const perSession: number[] = [];
  const upstream = await http2Service((stream, headers, session) => {
    perSession[session] = (perSession[session] ?? 0) + 1;
    echo(stream, headers);
  });
  const orders = http2(upstream.url, { protocol: createAgingPools({ maxAge: 60_000 }) });
  const real = clock.monotonic;
  let ahead = 0;
  vi.spyOn(clock, "monotonic").mockImplementation(() => real() + ahead);
  await using(gateway(forwarding(orders)), async ({ port }) => {
    for (let request = 0; request < 3; request++) expect((await exchange(port, get("/"))).status).toBe(200);
    expect(perSession).toEqual([3]);
    ahead = 53_000;
    expect((await exchange(port, get("/"))).status).toBe(200);
    expect(perSession).toEqual([4]);
    ahead = 67_000;
    await vi.waitFor(() => expect(upstream.sessions[0]!.closed || upstream.sessions[0]!.destroyed).toBe(true), {
      timeout: 20_000,
    });
    expect((await exchange(port, get("/"))).status).toBe(200);
    expect(perSession).toEqual([4, 1]);
  });
  vi.restoreAllMocks();
});
