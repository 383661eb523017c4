import { Redis } from "ioredis";
import { afterAll, beforeAll, expect, it, onTestFinished, vi } from "vitest";
import type { RedisStoreConfig, RedisServer as Where } from "../../runtime/stores/redis/config.ts";
import { createRedisSource } from "../../runtime/upstream/discovery/redis/redis-source.ts";
import { RedisServer, until } from "../stores/support/redis-server.ts";
import { startedStore, startValue } from "../stores/support/redis-store.ts";
import { isPrimary, sentinelGroup } from "../stores/support/sentinel-group.ts";
import { following } from "./support/following.ts";

const waiting = { timeout: 20_000, interval: 20 };

let server: RedisServer;
beforeAll(async () => void (server = await RedisServer.start()));
afterAll(() => server.end());

let services = 0;

/** A service of which nothing is known, and whoever follows it. */
async function serviceOf({
  interval = 600_000,
  where = server.url,
  at = server,
  ...change
}: Partial<RedisStoreConfig> & { interval?: number; where?: string | Where; at?: RedisServer } = {}) {
  const service = `orders-${++services}`;
  const started = await startedStore(where, change);
  const { store } = started;
  const channel = `registry:{${service}}`;
  const key = (id: string): string => `${channel}:${id}`;
  const source = () => createRedisSource({ store, storeName: "default", prefix: "registry", service, interval });
  return {
    ...following(source()),
    source,
    store,
    key,
    set: (id: string, value: unknown, seconds = 60) =>
      at.ask("set", key(id), typeof value === "string" ? value : JSON.stringify(value), "ex", String(seconds)),
    delete: (id: string) => at.ask("del", key(id)),
    tell: (id: string) => at.ask("publish", channel, id),
  };
}

/** It listens: only then a message is seen. */
const listens = (at = server): Promise<void> =>
  until("somebody subscribes", async () => {
    const channels = (await at.ask("pubsub", "channels", `registry:{orders-${services}}`)) as unknown[];
    return channels.length === 1;
  });

it("an instance that registers is seen by its message, one that deregisters too, and nobody else's", async () => {
  const { told, addresses, set, tell, delete: remove } = await serviceOf();
  await listens();
  await vi.waitFor(() => expect(told.listed).toEqual([]), waiting);
  await server.ask("set", `registry:{orders-${services}-archive}:x`, "10.9.9.9:80");
  await set("a", { address: "10.0.0.7:8080", weight: 3, zone: "eu-1" });
  await tell("a");
  await vi.waitFor(() => expect(told.listed).toEqual([{ address: "10.0.0.7:8080", id: "a", weight: 3, zone: "eu-1" }]), waiting); // biome-ignore format: one line
  await set("b", "10.0.0.8:8080");
  await tell("b");
  await vi.waitFor(() => expect(addresses()).toEqual(["10.0.0.7:8080", "10.0.0.8:8080"]), waiting);
  await remove("a");
  await tell("a");
  await vi.waitFor(() => expect(addresses()).toEqual(["10.0.0.8:8080"]), waiting);
  expect(told.failures).toEqual([]);
});

it("a message that nobody got is made up for by the next look at all keys", async () => {
  const { addresses, set, delete: remove } = await serviceOf({ interval: 100 });
  await set("a", "10.0.0.7:8080");
  await vi.waitFor(() => expect(addresses()).toEqual(["10.0.0.7:8080"]), waiting);
  await remove("a");
  await vi.waitFor(() => expect(addresses()).toEqual([]), waiting);
});

it("a key that expires is gone without a message, and one that was written again meanwhile is not", async () => {
  const { addresses, told, set, tell } = await serviceOf();
  await listens();
  await set("stays", "10.0.0.7:8080", 1);
  await set("goes", "10.0.0.8:8080", 1);
  await tell("stays");
  await tell("goes");
  await vi.waitFor(() => expect(addresses()).toHaveLength(2), waiting);
  // A renewal needs no message.
  await set("stays", "10.0.0.7:8080", 60);
  await vi.waitFor(() => expect(addresses()).toEqual(["10.0.0.7:8080"]), waiting);
  expect(told.failures).toEqual([]);
});

it("of two that write one name the last counts, and it is said that they do", async () => {
  const log = vi.fn();
  const { addresses, set, tell, source, stop } = await serviceOf();
  stop();
  await listens();
  const noted = following(source(), log);
  for (const last of [7, 8, 9, 7, 8]) {
    await set("a", `10.0.0.${last}:8080`);
    await tell("a");
    await vi.waitFor(() => expect(noted.addresses()).toEqual([`10.0.0.${last}:8080`]), waiting);
  }
  expect(addresses()).not.toContain("10.0.0.8:8080");
  expect(log).toHaveBeenCalledWith("warning", "endpoint is registered by two at once", expect.objectContaining({ id: "a" }));
});

it("values that are of no use do no harm to the others, nor do keys of another type", async () => {
  const { told, addresses, set, key, look } = await serviceOf();
  await set("a", "10.0.0.7:8080");
  await set("b", "{");
  await server.ask("rpush", key("c"), "10.0.0.8:8080");
  await set("glob*[x]?", "10.0.0.9:8080");
  look.soon();
  await vi.waitFor(() => expect(addresses()).toEqual(["10.0.0.7:8080", "10.0.0.9:8080", key("c"), "{"]), waiting);
  expect(told.failures).toEqual([]);
});

it("some thousands of keys are read among many more of somebody else", async () => {
  const { told, look, key } = await serviceOf({ inFlight: 250 });
  for (const [count, name] of [[2_500, key], [5_000, (id: string) => `other:${id}`]] as const) // biome-ignore format: one line
    await server.ask(
      "mset",
      ...Array.from({ length: count }, (_, index) => [name(String(index)), `10.0.0.7:${index + 1}`]).flat(),
    );
  look.soon();
  await vi.waitFor(() => expect(told.listed).toHaveLength(2_500), waiting);
  expect([told.failures, told.listed!.every(({ id }) => /^\d+$/.test(String(id)))]).toEqual([[], true]);
  await server.ask("flushall");
});

it("a server that is gone changes nothing, and is asked for everything when it is back", async () => {
  const own = await RedisServer.start();
  onTestFinished(() => own.end());
  const { told, addresses, set, tell, look } = await serviceOf({ where: own.url, at: own });
  await set("a", "10.0.0.7:8080");
  await set("b", "10.0.0.8:8080");
  await listens(own);
  look.soon();
  await vi.waitFor(() => expect(addresses()).toHaveLength(2), waiting);
  await own.stop();
  look.soon();
  await vi.waitFor(() => expect(told.failure).toContain("store"), waiting);
  expect(addresses()).toHaveLength(2);
  await own.begin();
  await set("c", "10.0.0.9:8080");
  // Seen where the gateway listens again already; where it does not yet, it asks for everything when it does.
  await tell("c");
  await vi.waitFor(() => expect([addresses(), told.failure]).toEqual([["10.0.0.9:8080"], undefined]), waiting);
});

it("two services of the gateway may read the same names", async () => {
  const { addresses, source, set, tell } = await serviceOf();
  const other = following(source());
  await listens();
  await vi.waitFor(() => expect(other.told.listed).toEqual([]), waiting);
  await set("a", "10.0.0.7:8080");
  await tell("a");
  await vi.waitFor(() => expect([addresses(), other.addresses()]).toEqual([["10.0.0.7:8080"], ["10.0.0.7:8080"]]), waiting);
});

it("a process that finds the endpoints again, after another one did, listens as before", async () => {
  const { source, set, tell, stop } = await serviceOf();
  stop();
  const one = source();
  following(one).stop();
  const again = following(one);
  await vi.waitFor(() => expect(again.told.listed).toEqual([]), waiting);
  await set("a", "10.0.0.7:8080");
  await listens();
  await tell("a");
  await vi.waitFor(() => expect(again.addresses()).toEqual(["10.0.0.7:8080"]), waiting);
});

it("all keys of a service are on one server of a cluster, which is asked for them", async () => {
  const args = ["--cluster-enabled", "yes", "--cluster-announce-ip", "127.0.0.1", "--cluster-node-timeout", "2000"];
  const nodes = await Promise.all([1, 2, 3].map(() => RedisServer.start({ args })));
  onTestFinished(async () => void (await Promise.all(nodes.map((node) => node.end()))));
  const [first] = nodes;
  for (const [index, node] of nodes.entries()) {
    await node.ask("cluster", "addslotsrange", String(index * 5_461), String(index === 2 ? 16_383 : (index + 1) * 5_461 - 1));
    if (node !== first) await node.ask("cluster", "meet", "127.0.0.1", String(first!.port));
  }
  for (const node of nodes)
    await until("the cluster is up", async () => String(await node.ask("cluster", "info")).includes("cluster_state:ok"));
  const where = { kind: "cluster" as const, urls: nodes.map(({ url }) => startValue(url)) };
  for (let count = 0; count < 4; count++) {
    const { told, addresses, key, look } = await serviceOf({ where, at: first! });
    const slot = Number(await first!.ask("cluster", "keyslot", key("a")));
    const holder = nodes[Math.min(2, Math.floor(slot / 5_461))]!;
    for (const id of ["a", "b"]) await holder.ask("set", key(id), `10.0.0.7:${id.charCodeAt(0)}`, "ex", "60");
    await vi.waitFor(() => expect(told.listed).toBeDefined(), waiting);
    look.soon();
    await vi.waitFor(() => expect(addresses()).toEqual(["10.0.0.7:97", "10.0.0.7:98"]), waiting);
    expect(told.failures).toEqual([]);
  }
});

/** Registers itself every 100 ms by way of the Sentinels, as an instance would that knows no other address, until the test is over. */
function registering(port: number, key: string, channel: string): { readonly failures: number } {
  const redis = new Redis({ sentinels: [{ host: "127.0.0.1", port }], name: "main", retryStrategy: () => 50, sentinelRetryStrategy: () => 50, maxRetriesPerRequest: 0 }); // biome-ignore format: one line
  const said = { failures: 0 };
  redis.on("error", () => {});
  const beat = setInterval(() => {
    const [, id = ""] = key.split(`${channel}:`);
    redis
      .set(key, "10.0.0.7:8080", "EX", 5)
      .then(() => redis.publish(channel, id))
      .catch(() => said.failures++);
  }, 100);
  onTestFinished(() => {
    clearInterval(beat);
    redis.disconnect();
  });
  return said;
}

it("a primary that dies while instances register is made up for by its replica: nobody leaves, and who comes then is seen", async () => {
  const { primary, replica, sentinel, where } = await sentinelGroup();
  const { told, addresses, set, tell, key, look } = await serviceOf({ where, at: primary, timeout: 500 });
  const channel = `registry:{orders-${services}}`;
  await listens(primary);
  await set("stays", "10.0.0.8:8080", 600);
  await tell("stays");
  const said = registering(sentinel.port, key("a"), channel);
  await vi.waitFor(() => expect(addresses()).toEqual(["10.0.0.7:8080", "10.0.0.8:8080"]), waiting);
  await until("it is replicated", async () => ((await replica.ask("keys", "registry:*")) as string[]).length === 2);
  told.fewest = 2;
  await primary.stop();
  await until("the replica has taken over", () => isPrimary(replica));
  // On the other side of it: told of by a message, and by the next look at all keys.
  await listens(replica);
  await replica.ask("set", key("b"), "10.0.0.9:8080", "ex", "60");
  await replica.ask("publish", channel, "b");
  await vi.waitFor(() => expect(addresses()).toEqual(["10.0.0.7:8080", "10.0.0.8:8080", "10.0.0.9:8080"]), waiting);
  expect(told.fewest).toBe(2);
  look.soon();
  await vi.waitFor(() => expect(told.failure).toBeUndefined(), waiting);
  expect(addresses()).toHaveLength(3);
  expect(said.failures).toBeGreaterThan(0);
}, 60_000);

it("a registry whose primary is changed by hand is followed, though the old one still answers", async () => {
  const { primary, replica, where, switchOver } = await sentinelGroup();
  const { told, addresses, set, tell, key } = await serviceOf({ where, at: primary, timeout: 500 });
  const channel = `registry:{orders-${services}}`;
  await listens(primary);
  await set("a", "10.0.0.7:8080", 600);
  await tell("a");
  await vi.waitFor(() => expect(addresses()).toEqual(["10.0.0.7:8080"]), waiting);
  await until("it is replicated", async () => ((await replica.ask("keys", "registry:*")) as string[]).length === 1);
  await switchOver();
  await listens(replica);
  await replica.ask("set", key("b"), "10.0.0.9:8080", "ex", "60");
  await replica.ask("publish", channel, "b");
  await vi.waitFor(() => expect([addresses(), told.failure]).toEqual([["10.0.0.7:8080", "10.0.0.9:8080"], undefined]), waiting);
}, 60_000);
