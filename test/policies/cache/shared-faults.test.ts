import { afterAll, beforeAll, expect, it, onTestFinished, vi } from "vitest";
import { clock } from "../../../runtime/life/clock.ts";
import { contentAt, headLength, versionAt, whoseAt } from "../../../runtime/stores/entry-form.ts";
import type { RedisStoreConfig } from "../../../runtime/stores/redis/config.ts";
import { stillMonotonic } from "../../harness/still-clock.ts";
import { get } from "../../runtime/support/raw-client.ts";
import { ok } from "../../runtime/support/raw-upstream.ts";
import { RedisServer } from "../../stores/support/redis-server.ts";
import { askedFor, hit, inRedis, instances, kept, noContent, passing, put } from "./shared-support.ts";
import { ask } from "./support.ts";

let server: RedisServer;
// What it has outlives it.
beforeAll(async () => void (server = await RedisServer.start({ args: ["--appendonly", "yes"] })));
afterAll(() => server.end());

const store = { breaker: { misses: 2, open: 50 } };
const failure = "test; fwd=miss; detail=store-failure; fwd-status=200";

/** Something that is kept, by the first instance. */
async function filled(
  count: number,
  path: string,
  { fields = kept, ...change }: Partial<RedisStoreConfig> & { readonly fields?: string } = {},
) {
  const made = await instances(count, server, { store: { ...store, ...change } });
  const first = ask(made.ports[0], get(path));
  (await made.held.arrived(1)).send(ok("one", fields));
  await first.answer();
  await hit(made.ports[0], path);
  return made;
}

const entryKey = async (): Promise<string> => ((await server.ask("keys", "*:e3:*")) as string[])[0]!;

it("a store that is gone is told, the service asked once for all who wait, and what was changed meanwhile is not served after it", async () => {
  const { held, ports } = await filled(2, "/page");
  await server.stop();
  const clients = [ask(ports[1], get("/page")), ask(ports[1], get("/page"))];
  const request = await held.arrived(2);
  request.send(ok("two", kept));
  const answers = await Promise.all(clients.map((client) => client.answer()));
  expect(answers.map(({ body }) => body)).toEqual(["two", "two"]);
  expect(answers.map((answer) => answer.field("cache-status"))).toContain(failure);
  const writer = ask(ports[0], put("/page"));
  (await held.arrived(3)).send(noContent);
  expect((await writer.answer()).status).toBe(204);
  await server.begin();
  // The instance that changed it never serves it; the other one does not either, once the store was told.
  for (const port of ports) {
    await vi.waitFor(
      async () => {
        expect((await askedFor(held, port, "/page", "three")).body).toBe("three");
      },
      { interval: 50 },
    );
  }
});

it("what it was not told of is counted, once for all caches of a store", async () => {
  const made = await inRedis(server, {});
  const space = made.answers!.open(made.store!);
  const [one, other] = [{}, {}];
  expect([space.figures!(one), space.figures!(other)]).toEqual([{ name: "default", untold: 0 }, undefined]);
  await server.stop();
  for (let index = 0; index < 3; index++) space.changed(`https://shop.example.com/${index}`);
  await vi.waitFor(() => expect(space.figures!(one)).toEqual({ name: "default", untold: 3 }));
  await server.begin();
  await vi.waitFor(() => expect(space.figures!(one)).toEqual({ name: "default", untold: 0 }));
});

it("a store that hangs costs nobody more than its deadline, and after a few misses nothing", async () => {
  const time = stillMonotonic();
  const timeout = 100;
  const { held, ports } = await filled(1, "/page", { timeout });
  server.freeze();
  onTestFinished(() => server.thaw());
  for (let index = 0; index < 6; index++) {
    const client = ask(ports[0], get(`/page/${index}`));
    // These wait for the deadline, and those behind them for nothing: time stands still.
    if (index < store.breaker.misses) await passing(held, index + 2, () => time.pass(timeout));
    (await held.arrived(index + 2)).send(ok("service", kept));
    const answer = await client.answer();
    expect([answer.body, answer.field("cache-status")]).toEqual(["service", failure]);
  }
  server.thaw();
  await vi.waitFor(async () => {
    time.pass(store.breaker.open);
    expect((await askedFor(held, ports[0], "/page", "service")).field("cache-status")).toMatch(/hit/);
  });
});

it("who leaves while the store is asked is no matter of the service", async () => {
  const { held, ports } = await filled(1, "/page");
  server.freeze();
  onTestFinished(() => server.thaw());
  const client = ask(ports[0], get("/left"));
  await client.sent();
  client.close();
  server.thaw();
  // What came behind it was answered.
  await hit(ports[0], "/page");
  expect(held.requests.length).toBe(1);
});

it.each([
  ["of another form", (bytes: Buffer) => void bytes[2]!++],
  ["cut off", (bytes: Buffer) => bytes.subarray(0, bytes.length - 1)],
  [
    "with lengths that lead nowhere",
    (bytes: Buffer) => void bytes.fill(0xff, headLength + contentAt + 28, headLength + contentAt + 56),
  ],
  ["of another program", () => Buffer.from("hello")],
])("an entry %s is not there, and no failure", async (_what, change) => {
  const { held, ports } = await filled(1, "/page");
  const entry = await entryKey();
  const bytes = (await server.askBytes("get", entry)) as Buffer;
  await server.askBytes("set", entry, change(bytes) ?? bytes, "px", "60000");
  const next = ask(ports[0], get("/page"));
  (await held.arrived(2)).send(ok("two", kept));
  const answer = await next.answer();
  expect([answer.body, answer.field("cache-status")]).toEqual(["two", "test; fwd=uri-miss; fwd-status=200; stored"]);
  expect((await hit(ports[0], "/page")).body).toBe("two");
});

it("an entry of another key is not there, in whichever way it came into its place", async () => {
  const { held, ports } = await filled(1, "/page?of=one");
  const other = ask(ports[0], get("/page?of=two"));
  (await held.arrived(2)).send(ok("two", kept));
  await other.answer();
  await hit(ports[0], "/page?of=two");
  const keys = (await server.ask("keys", "*:e3:*")) as string[];
  const entries = await Promise.all(keys.map(async (key) => ({ key, bytes: (await server.askBytes("get", key)) as Buffer })));
  const one = entries.find(({ bytes }) => bytes.includes("one"))!;
  const two = entries.find(({ bytes }) => bytes.includes("two"))!;
  // All but whose it is fits.
  two.bytes.copy(one.bytes, versionAt, versionAt, whoseAt);
  await server.askBytes("set", two.key, one.bytes, "px", "60000");
  expect((await askedFor(held, ports[0], "/page?of=two", "new")).body).toBe("new");
  expect((await hit(ports[0], "/page?of=two")).body).toBe("new");
  expect((await hit(ports[0], "/page?of=one")).body).toBe("one");
});

it("clocks that leap make answers older, and never fresh again", async () => {
  const { held, ports } = await filled(1, "/page", { fields: "Cache-Control: max-age=60, stale-while-revalidate=600\r\n" });
  const ttl = async (): Promise<number> =>
    Number(/ttl=(-?\d+)/.exec((await ask(ports[0], get("/page")).answer()).field("cache-status")!)![1]);
  const real = clock.wall;
  onTestFinished(() => void (clock.wall = real));
  // The clock of this machine is turned back by an hour: what the server says counts.
  clock.wall = () => real() - 3_600_000;
  expect(await ttl()).toBeLessThanOrEqual(60);
  // The clock of the server was: the entry has longer to live than anybody said, and ours counts.
  clock.wall = () => real() + 30_000;
  await server.ask("pexpire", await entryKey(), "3600000");
  expect(await ttl()).toBeLessThanOrEqual(30);
  // Forward: it is stale, and made new.
  clock.wall = () => real() + 100_000;
  const stale = await ask(ports[0], get("/page")).answer();
  expect(stale.body).toBe("one");
  (await held.arrived(2)).send(ok("two", kept));
  await vi.waitFor(async () => expect((await ask(ports[0], get("/page")).answer()).body).toBe("two"));
  // Both back: nobody knows how old it is.
  clock.wall = () => real() - 3_600_000;
  await server.ask("pexpire", await entryKey(), "7200000");
  const unknown = ask(ports[0], get("/page"));
  (await held.arrived(3)).send(ok("three", kept));
  expect((await unknown.answer()).body).toBe("three");
});

it("scripts that the server has forgotten are sent once more", async () => {
  const { held, ports } = await filled(1, "/page");
  await server.ask("script", "flush");
  const next = ask(ports[0], get("/other"));
  (await held.arrived(2)).send(ok("two", kept));
  await next.answer();
  expect((await hit(ports[0], "/other")).body).toBe("two");
});

it("what the server evicts is fetched again: an answer without the mark of its URI does not count", async () => {
  const { held, ports } = await filled(1, "/page");
  await server.ask("del", (await entryKey()).replace(/:e3:.*/, ":b1"));
  const next = ask(ports[0], get("/page"));
  (await held.arrived(2)).send(ok("two", kept));
  expect((await next.answer()).body).toBe("two");
  await server.ask("config", "set", "maxmemory-policy", "allkeys-lru");
  const used = Number(/used_memory:(\d+)/.exec(String(await server.ask("info", "memory")))![1]);
  await server.ask("config", "set", "maxmemory", String(used + 200_000));
  onTestFinished(async () => void (await server.ask("config", "set", "maxmemory", "0")));
  for (let index = 0; index < 40; index++) {
    const client = ask(ports[0], get(`/filling/${index}`));
    (await held.arrived(3 + index)).send(ok("x".repeat(20_000), kept));
    expect((await client.answer()).status).toBe(200);
  }
  await vi.waitFor(async () => expect(/evicted_keys:(\d+)/.exec(String(await server.ask("info", "stats")))![1]).not.toBe("0"));
});
