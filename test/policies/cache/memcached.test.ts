import { afterAll, beforeAll, beforeEach, expect, it, onTestFinished, vi } from "vitest";
import { clock } from "../../../runtime/life/clock.ts";
import { stillMonotonic } from "../../harness/still-clock.ts";
import { get } from "../../runtime/support/raw-client.ts";
import { ok } from "../../runtime/support/raw-upstream.ts";
import { MemcachedServer } from "../../stores/support/memcached-server.ts";
import { askedFor, hit, inMemcached, instancesOf, kept, noContent, passing, put } from "./shared-support.ts";
import { ask } from "./support.ts";

let servers: [MemcachedServer, MemcachedServer];
beforeAll(async () => void (servers = await Promise.all([MemcachedServer.start(), MemcachedServer.start()])));
afterAll(() => Promise.all(servers.map((server) => server.stop())));
beforeEach(() => Promise.all(servers.map((server) => server.flush())));

const instances = (count: number, change = {}, checkAfter?: number) =>
  instancesOf(count, () => inMemcached(servers, change, checkAfter));

it("instances share answers, in all of the servers", async () => {
  const { held, ports } = await instances(2);
  const before = await Promise.all(servers.map((server) => server.stat("cmd_set")));
  for (let index = 0; index < 20; index++) {
    const first = ask(ports[0], get(`/page/${index}`));
    (await held.arrived(index + 1)).send(ok(`\u0000\r\nEN\r\n\u00ff${index}`, `${kept}ETag: "a"\r\n`));
    await first.answer();
    expect((await hit(ports[1], `/page/${index}`)).body).toBe(`\u0000\r\nEN\r\n\u00ff${index}`);
  }
  expect(held.requests.length).toBe(20);
  const after = await Promise.all(servers.map((server) => server.stat("cmd_set")));
  for (const [index, count] of after.entries()) expect(count - before[index]!).toBeGreaterThan(0);
});

it("a change drops all that is kept of a URI, and what is being fetched by another instance is not kept", async () => {
  const { held, ports } = await instances(2);
  const reader = ask(ports[0], get("/item"));
  const before = await held.arrived(1);
  const writer = ask(ports[1], put("/item"));
  (await held.arrived(2)).send(noContent);
  await writer.answer();
  before.send(ok("old", kept));
  await reader.answer();
  const next = ask(ports[1], get("/item"));
  (await held.arrived(3)).send(ok("new", kept));
  expect((await next.answer()).body).toBe("new");
  for (const port of ports) expect((await hit(port, "/item")).body).toBe("new");
});

it("one instance fetches for all, and those who wait learn at once that an answer is private", async () => {
  const { held, ports } = await instances(2);
  const clients = Array.from({ length: 50 }, (_, index) => ask(ports[index % 2]!, get("/cold")));
  const first = await held.arrived(1);
  for (const [index, port] of ports.entries()) {
    const last = ask(port, get(`/other/${index}`));
    (await held.arrived(2 + index)).send(ok("other"));
    await last.answer();
  }
  first.send(ok("whole", kept));
  for (const client of clients) expect((await client.answer()).body).toBe("whole");
  expect(held.requests.length).toBe(3);

  const [one, two] = [ask(ports[0], get("/private")), ask(ports[1], get("/private"))];
  (await held.arrived(4)).send(ok("1", "Cache-Control: private\r\n"));
  (await held.arrived(5)).send(ok("2", "Cache-Control: private\r\n"));
  expect(new Set([(await one.answer()).body, (await two.answer()).body])).toEqual(new Set(["1", "2"]));
});

it("variants that instances fetch at once are all kept, as many as there are", async () => {
  const { held, ports } = await instances(3);
  const languages = ["de", "fr", "it", "es", "pl", "cs"];
  const vary = `${kept}Vary: Accept-Language\r\n`;
  const before = ask(ports[0], get("/text", "Accept-Language: en\r\n"));
  (await held.arrived(1)).send(ok("en", vary));
  await before.answer();
  await hit(ports[0], "/text", "Accept-Language: en\r\n");
  const clients = languages.map((language, index) => ask(ports[index % 3]!, get("/text", `Accept-Language: ${language}\r\n`)));
  await held.arrived(1 + languages.length);
  for (const { head, send } of held.requests.slice(1)) send(ok(/accept-language: (\w+)/i.exec(head)![1]!, vary));
  for (const client of clients) await client.answer();
  for (const language of ["en", ...languages])
    for (const port of ports) expect((await hit(port, "/text", `Accept-Language: ${language}\r\n`)).body).toBe(language);
  expect(held.requests.length).toBe(1 + languages.length);
});

it("what does not fit into an item passes and is not kept, and what just fits is", async () => {
  const { held, ports } = await instancesOf(1, async () => ({ ...(await inMemcached(servers)), maxBytes: 10_000_000 }));
  const fits = 1_048_576 - 512 - 16_384;
  for (const [index, length] of [fits + 1, fits].entries()) {
    const first = ask(ports[0], get(`/large/${length}`));
    (await held.arrived(index + 1)).send(ok("x".repeat(length), kept));
    const answer = await first.answer();
    expect(answer.body.length).toBe(length);
    expect(answer.field("cache-status")).toBe(`test; fwd=uri-miss; fwd-status=200${length === fits ? "; stored" : ""}`);
  }
  expect((await hit(ports[0], `/large/${fits}`)).body.length).toBe(fits);
});

it("a server that hangs costs nobody more than its deadline and then nothing, and one that is gone is connected to again", async () => {
  const time = stillMonotonic();
  const { held, ports } = await instances(1, { timeout: 100, breaker: { misses: 2, open: 50 } });
  const failure = "test; fwd=miss; detail=store-failure; fwd-status=200";
  onTestFinished(async () => {
    for (const server of servers) server.thaw();
  });
  for (const server of servers) server.freeze();
  for (let index = 0; index < 8; index++) {
    const client = ask(ports[0], get("/page"));
    // The first two wait for the deadline of the server, and those behind them for nothing: time stands still.
    if (index < 2) await passing(held, index + 1, () => time.pass(100));
    (await held.arrived(index + 1)).send(ok("service", kept));
    expect((await client.answer()).field("cache-status")).toBe(failure);
  }
  for (const server of servers) {
    await server.stop();
    await server.begin();
  }
  await vi.waitFor(
    async () => {
      time.pass(50);
      expect((await askedFor(held, ports[0], "/back", "back")).field("cache-status")).toMatch(/hit/);
    },
    { interval: 50 },
  );
});

it("copies in memory are checked where no message can come", async () => {
  const { held, ports } = await instances(2, {}, 1_000);
  const first = ask(ports[0], get("/page"));
  (await held.arrived(1)).send(ok("one", kept));
  await first.answer();
  for (const port of ports) await hit(port, "/page");
  const writer = ask(ports[0], put("/page"));
  (await held.arrived(2)).send(noContent);
  await writer.answer();
  expect((await ask(ports[1], get("/page")).answer()).body, "for a second at most").toBe("one");
  const real = clock.monotonic;
  onTestFinished(() => void (clock.monotonic = real));
  clock.monotonic = () => real() + 1_100;
  const next = ask(ports[1], get("/page"));
  (await held.arrived(3)).send(ok("two", kept));
  expect((await next.answer()).body).toBe("two");
});
