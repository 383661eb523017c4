import { createServer, type Socket } from "node:net";
import { beforeEach, expect, onTestFinished, test, vi } from "vitest";
import { clock } from "../../runtime/life/clock.ts";
import { createNames, searchedNames } from "../../runtime/upstream/names.ts";
import type { Service, ServiceConfig } from "../../runtime/upstream/service.ts";
import { type DnsEntry, type DnsServer, startDnsServer } from "../harness/dns-server.ts";
import { DoneLog, forwarding, gateway, service, using } from "../runtime/support/gateway.ts";
import { exchange, get, RawClient } from "../runtime/support/raw-client.ts";
import { answering, ok } from "../runtime/support/raw-upstream.ts";

let now = 0;
beforeEach(() => {
  now = clock.monotonic();
  vi.spyOn(clock, "monotonic").mockImplementation(() => now);
  onTestFinished(() => void vi.restoreAllMocks());
});

async function dns(table: Readonly<Record<string, DnsEntry>>): Promise<DnsServer> {
  const server = await startDnsServer(table);
  onTestFinished(() => server.close());
  return server;
}

/** Services on one port of several addresses of this machine; each answers with its address. */
async function servicesOn(addresses: readonly string[]) {
  const sockets: Socket[] = [];
  let port = 0;
  for (const address of addresses) {
    const server = createServer((socket) => {
      sockets.push(socket);
      socket.on("error", () => {});
      answering(ok(address))(socket);
    });
    await new Promise<void>((resolve, reject) => {
      server.on("error", reject);
      server.listen(port, address, resolve);
    });
    const bound = server.address();
    if (typeof bound === "object" && bound !== null) ({ port } = bound);
    onTestFinished(() => {
      server.close();
      for (const socket of sockets) socket.destroy();
    });
  }
  return { port, sockets };
}

const named = (server: DnsServer, url: string, change: Partial<ServiceConfig> = {}): Service =>
  service([url], {
    names: createNames({ service: "orders", servers: [server.address], ttl: { min: 1_000, max: 300_000 } }),
    ...change,
  });

/** One request on a new connection to the service. */
const closing = get("/", "Connection: close\r\n");

test("a name is resolved once for many connections, until its time is over", async () => {
  const { port: at } = await servicesOn(["127.0.0.1"]);
  const server = await dns({ "orders.test": { a: ["127.0.0.1"], ttl: 60 } });
  await using(gateway(forwarding(named(server, `http://orders.test:${at}`))), async ({ port }) => {
    const answers = await Promise.all(Array.from({ length: 20 }, () => exchange(port, closing)));
    expect(answers.map(({ body }) => body)).toEqual(new Array(20).fill("127.0.0.1"));
    expect(server.questions.toSorted()).toEqual(["orders.test A", "orders.test AAAA"]);
  });
});

test("new connections go to the new addresses, and kept ones to old addresses are closed", async () => {
  const { port: at, sockets } = await servicesOn(["127.0.0.1", "127.0.0.2"]);
  const server = await dns({ "orders.test": { a: ["127.0.0.1"], ttl: 10 } });
  const orders = named(server, `http://orders.test:${at}`, { connections: { max: 9, pending: 9, idle: 3_600_000, streams: 1 } });
  await using(gateway(forwarding(orders)), async ({ port }) => {
    expect((await exchange(port, get("/"))).body).toBe("127.0.0.1");
    server.table.set("orders.test", { a: ["127.0.0.2"], ttl: 10 });
    now += 9_000;
    expect((await exchange(port, get("/"))).body).toBe("127.0.0.1");
    const gone = new Promise((resolve) => sockets[0]!.once("close", resolve));
    now += 1_001;
    await gone;
    expect((await exchange(port, get("/"))).body).toBe("127.0.0.2");
  });
});

test("the last good addresses stay while nobody answers, and the server is not hammered", async () => {
  const { port: at, sockets } = await servicesOn(["127.0.0.1"]);
  const server = await dns({ "orders.test": { a: ["127.0.0.1"], ttl: 1 } });
  await using(gateway(forwarding(named(server, `http://orders.test:${at}`))), async ({ port }) => {
    expect((await exchange(port, get("/"))).body).toBe("127.0.0.1");
    server.mood = "fails";
    now += 1_001;
    const asked = server.questions.length;
    for (let count = 0; count < 5; count++) {
      for (const socket of sockets.splice(0)) socket.destroy();
      const answer = await exchange(port, get("/"));
      expect(answer.status).toBe(200);
    }
    // c-ares asks a failing server again by itself: one look-up are two tries for each family.
    expect(server.questions.length - asked).toBeLessThanOrEqual(4);
  });
});

test("a server that says nothing delays a new connection for a moment only", async () => {
  const { port: at, sockets } = await servicesOn(["127.0.0.1"]);
  const server = await dns({ "orders.test": { a: ["127.0.0.1"], ttl: 1 } });
  await using(gateway(forwarding(named(server, `http://orders.test:${at}`))), async ({ port }) => {
    expect((await exchange(port, get("/"))).body).toBe("127.0.0.1");
    server.mood = "silent";
    now += 1_001;
    for (const socket of sockets.splice(0)) socket.destroy();
    expect((await exchange(port, get("/"))).body).toBe("127.0.0.1");
  });
});

test("a name that exists no more has no addresses, and is asked for again later", async () => {
  const { port: at } = await servicesOn(["127.0.0.1"]);
  const server = await dns({});
  const done = new DoneLog();
  await using(gateway(forwarding(named(server, `http://orders.test:${at}`), { done: done.hook })), async ({ port }) => {
    expect((await exchange(port, get("/"))).status).toBe(502);
    expect((await exchange(port, get("/"))).status).toBe(502);
    expect((await done.take()).upstream?.error).toBe("ENOTFOUND");
    expect(server.questions.length).toBe(2);
    server.table.set("orders.test", { a: ["127.0.0.1"], ttl: 1 });
    now += 1_001;
    expect((await exchange(port, get("/"))).status).toBe(200);
  });
});

test("a name that exists no more loses its addresses at once: its kept connections are closed, as somebody else may have them", async () => {
  const { port: at, sockets } = await servicesOn(["127.0.0.1"]);
  const server = await dns({ "orders.test": { a: ["127.0.0.1"], ttl: 10 } });
  const orders = named(server, `http://orders.test:${at}`, { connections: { max: 9, pending: 9, idle: 3_600_000, streams: 1 } });
  await using(gateway(forwarding(orders)), async ({ port }) => {
    expect((await exchange(port, get("/"))).body).toBe("127.0.0.1");
    // Control: the connection is kept.
    expect(orders.endpoints[0]!.pool.idle).toBe(1);
    server.table.delete("orders.test");
    const gone = new Promise((resolve) => sockets[0]!.once("close", resolve));
    now += 10_001;
    await gone;
    expect((await exchange(port, get("/"))).status).toBe(502);
    expect(sockets.length).toBe(1);
  });
});

test("addresses are used in turn, and the next one where one does not listen", async () => {
  const { port: at } = await servicesOn(["127.0.0.1", "127.0.0.3"]);
  const server = await dns({ "orders.test": { a: ["127.0.0.1", "127.0.0.2", "127.0.0.3"], aaaa: ["::1"], ttl: 60 } });
  const orders = named(server, `http://orders.test:${at}`);
  await using(gateway(forwarding(orders)), async ({ port }) => {
    const held = Array.from({ length: 9 }, () => new RawClient(port).write(get("/")));
    const bodies = await Promise.all(held.map(async (client) => (await client.answer()).body));
    expect(new Set(bodies)).toEqual(new Set(["127.0.0.1", "127.0.0.3"]));
    for (const client of held) client.close();
  });
});

test("where no address can be connected to, the name is asked for again", async () => {
  const { port: at } = await servicesOn(["127.0.0.1"]);
  const server = await dns({ "orders.test": { a: ["127.0.0.2"], ttl: 3_600 } });
  await using(gateway(forwarding(named(server, `http://orders.test:${at}`))), async ({ port }) => {
    expect((await exchange(port, get("/"))).status).toBe(502);
    server.table.set("orders.test", { a: ["127.0.0.1"], ttl: 3_600 });
    now += 1_001;
    expect((await exchange(port, get("/"))).status).toBe(502);
    expect((await exchange(port, get("/"))).status).toBe(200);
  });
});

test.each([
  ["below", 0, 1_000],
  ["above", 86_400, 300_000],
])("a time to live %s the bounds counts as the bound", async (_how, ttl, bound) => {
  const { port: at, sockets } = await servicesOn(["127.0.0.1"]);
  const server = await dns({ "orders.test": { a: ["127.0.0.1"], ttl } });
  await using(gateway(forwarding(named(server, `http://orders.test:${at}`))), async ({ port }) => {
    const askedAfter = async (milliseconds: number): Promise<number> => {
      now += milliseconds;
      for (const socket of sockets.splice(0)) socket.destroy();
      await exchange(port, get("/"));
      return server.questions.length;
    };
    expect([await askedAfter(0), await askedAfter(bound - 1), await askedAfter(1)]).toEqual([2, 2, 4]);
  });
});

test("without servers the hosts file counts, and literal addresses are not resolved", async () => {
  const { port: at } = await servicesOn(["127.0.0.1"]);
  const names = createNames({ service: "orders", ttl: { min: 1_000, max: 300_000 } });
  expect(names.of("127.0.0.1", () => {})).toBeUndefined();
  expect(names.of("::1", () => {})).toBeUndefined();
  await using(gateway(forwarding(service([`http://localhost:${at}`], { names }))), async ({ port }) => {
    expect((await exchange(port, get("/"))).body).toBe("127.0.0.1");
  });
});

test.each([
  [
    "orders",
    "search shop.svc.cluster.local svc.cluster.local\noptions ndots:5\n",
    ["orders.shop.svc.cluster.local", "orders.svc.cluster.local", "orders"],
  ],
  [
    "orders.shop",
    "nameserver 10.0.0.10\nsearch svc.cluster.local\noptions timeout:1 ndots:5\n",
    ["orders.shop.svc.cluster.local", "orders.shop"],
  ],
  ["orders.example.com", "search example.net\n", ["orders.example.com", "orders.example.com.example.net"]],
  ["orders", "search example.net\n", ["orders.example.net", "orders"]],
  ["orders", "search one.test\ndomain two.test\n", ["orders.two.test", "orders"]],
  ["orders.", "search example.net\n", ["orders."]],
  ["orders", "", ["orders"]],
  ["orders", "search .\n", ["orders"]],
])("the system would look for %s, by %j, as %j", (name, resolvConf, wanted) => {
  expect(searchedNames(name, resolvConf)).toEqual(wanted);
});

test("a server that is none stops the start", () => {
  const config = { service: "orders", servers: ["dns.internal"], ttl: { min: 1, max: 1 } };
  expect(() => createNames(config)).toThrow("service orders: `dns.internal` are no servers of names");
});
