import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from "vitest";
import type { RedisStoreConfig } from "../../runtime/stores/redis/config.ts";
import { createLocalShare } from "../../runtime/stores/redis/local-share.ts";
import { createRedisClaims } from "../../runtime/stores/redis/redis-claims.ts";
import { createRedisEntries } from "../../runtime/stores/redis/redis-entries.ts";
import { createRedisTables } from "../../runtime/stores/redis/redis-table.ts";
import { replies } from "../../runtime/stores/redis/replies.ts";
import { isFailed } from "../../runtime/stores/store.ts";
import { createRedisSource } from "../../runtime/upstream/discovery/redis/redis-source.ts";
import { following } from "../discovery/support/following.ts";
import { repository } from "../harness/sample.ts";
import { entryOf, whose } from "./support/entry-of.ts";
import { RedisServer, until } from "./support/redis-server.ts";
import { limits, outcome, started, startedStore, startValue, storeOf } from "./support/redis-store.ts";

const page = readFileSync(join(repository, "compiler/resources/stores/redis/README.md"), "utf8");

/** The rules of the page, by what they are for. */
const documented = new Map(
  [...page.matchAll(/^# (.+)\nACL SETUSER gateway (.+)$/gm)].map(([, what, rules]) => [what!, rules!.split(" ")]),
);
const commandsFor = (what: string): readonly string[] => documented.get(what)!.filter((rule) => rule.startsWith("+"));
/** Keys and channels beside those of the gateway. */
const placesFor = (what: string): readonly string[] => documented.get(what)!.filter((rule) => /^(%R~|&)/.test(rule));

/** All that a part of a gateway asks of a store. */
const uses: Readonly<Record<string, (config: Partial<RedisStoreConfig>) => Promise<unknown>>> = {
  "rateLimit, identity.damping": async (config) => {
    const { store } = await startedStore(server.url, config);
    for (const limit of Object.values(limits)) {
      const counters = store.counters(limit(1));
      await outcome(counters);
      await counters.look("caller");
      await counters.reset("caller");
    }
  },
  "rateLimit with `onStoreFailure: local`": async (config) => {
    const store = storeOf(server.url, config);
    store.counters({ ...limits.bucket(1), local: createLocalShare() });
    const before = await server.calls("eval");
    await started(store);
    await until("a sign of life", async () => (await server.calls("eval")) > before || (await rejected("eval")) > 0);
  },
  "hmac with `once`": async (config) => {
    const { store } = await startedStore(server.url, config);
    await store.values("once").add("a", "1", 60_000);
  },
  "identity.revoked": async (config) => {
    const { store } = await startedStore(server.url, config);
    const records = store.records("revoked");
    await records.put("short", "1", 1, 10);
    await records.put("a", "1", 60_000, 10);
    await records.put("b", "1", Number.POSITIVE_INFINITY, 10);
    await records.changes(undefined);
    await records.remove("a");
    await until("what has ended is gone", async () => {
      if (isFailed(await records.put("c", "1", 60_000, 10))) return true;
      const changes = await records.changes(undefined);
      return isFailed(changes) || !changes.changed.some(([name]) => name === "short");
    });
    await records.changes(undefined);
  },
  "keys of apiKey": async (config) => {
    const { store } = await startedStore(server.url, config);
    const table = createRedisTables().open(store, "keys");
    await table.set("a", "1");
    await table.get("a");
    await table.getAll(["a", "b"]);
    await table.add("n", 1);
    await table.part(undefined, 10);
    await table.delete("a");
  },
  idempotency: async (config) => {
    const { store } = await startedStore(server.url, config);
    const claims = createRedisClaims().open(store, "idempotency");
    const work = { owner: "a", mark: "b" };
    await claims.claim("key", work, { lease: 1_000, span: 1_000 }, false);
    await claims.claim("key", work, { lease: 1_000, span: 1_000 }, false);
    await claims.release("key", work);
  },
  cache: async (config) => {
    // Several refusals in a row are no reason not to ask for the rest.
    const store = storeOf(server.url, { ...config, breaker: { misses: 1_000, open: 1_000 } });
    const entries = createRedisEntries().open(store);
    entries.messages!.subscribe(
      () => {},
      () => {},
    );
    await started(store);
    const place = entries.at("base", "key", whose);
    await place.read();
    await place.mark();
    const owner = "of-the-owner";
    const ask = { known: "", owner, lease: 1_000, newMark: "of-the-base!", markSpan: 1_000 };
    await place.lead("work", ask);
    await place.extend("work", { owner, mark: ask.newMark }, 1_000);
    await place.write(entryOf("v1", ask.newMark), "work", owner);
    await entries.drop("base");
    await entries.homes[0]!.beat({ member: owner, lost: 30_000, isDoubtful: false, newEpoch: "of-the-epoch" });
    await entries.homes[0]!.leave(owner);
    entries.messages!.publish("base");
    await until("it listens", async () => (await server.calls("subscribe")) > 0 || (await rejected("subscribe")) > 0);
    await until("it was told", async () => (await server.calls("publish")) > 0 || (await rejected("publish")) > 0);
  },
  "discover.redis, whose keys and channels begin with its `prefix`": async (config) => {
    const { store } = await startedStore(server.url, config);
    await server.ask("set", "registry:{orders}:a", "10.0.0.7:80");
    const source = createRedisSource({ store, storeName: "default", prefix: "registry", service: "orders", interval: 60_000 });
    const { told, stop } = following(source);
    await until("it was looked at", () => told.listed !== undefined || told.failure !== undefined);
    await until("it listens, or may not", async () => {
      const channels = (await server.ask("pubsub", "channels", "registry:{orders}")) as unknown[];
      return channels.length === 1 || (await rejected("subscribe")) > 0;
    });
    stop();
  },
};

let server: RedisServer;
let users = 0;
beforeAll(async () => void (server = await RedisServer.start()));
afterAll(() => server.end());

/** A new user with these rules, and the config of a store that is asked as this user. */
async function user(rules: readonly string[], at = server): Promise<Partial<RedisStoreConfig>> {
  const name = `gateway${++users}`;
  await at.ask("acl", "setuser", name, "reset", "on", "nopass", "~shop:*", "&shop:*", ...rules);
  return { user: startValue(name), password: startValue("any") };
}

/** How often it refused a command. */
async function rejected(command: string): Promise<number> {
  const stats = String(await server.ask("info", "commandstats"));
  return Number(new RegExp(`cmdstat_${command}:.*rejected_calls=(\\d+)`).exec(stats)?.[1] ?? 0);
}

/** What the server refused since it was asked last: `command get`, `key other`. */
async function refused(at = server): Promise<readonly string[]> {
  const entries = (await at.ask("acl", "log")) as (readonly unknown[])[];
  await at.ask("acl", "log", "reset");
  return entries.map((entry) => `${String(entry[entry.indexOf("reason") + 1])} ${String(entry[entry.indexOf("object") + 1])}`);
}

/** Uses the store of a server that knows nothing, as a user who may do this; gives what was refused. */
async function useWith(what: string, rules: readonly string[]): Promise<readonly string[]> {
  for (const [name, ...args] of [["flushall"], ["script", "flush"], ["config", "resetstat"]]) await server.ask(name!, ...args);
  await refused();
  await uses[what]!(await user([...commandsFor("every connection"), ...placesFor(what), ...rules]));
  return refused();
}

/** Of these nothing is asked before a store failed. */
const forFailures = "+set";

describe("the permissions on the page of the store", () => {
  it("are those of all uses, and the message about a missing one names each command", () => {
    const connecting = ["every connection", "a database other than 0", "a cluster"];
    expect([...documented.keys()].sort()).toEqual([...Object.keys(uses), ...connecting].sort());
    for (const what of Object.keys(uses))
      for (const command of commandsFor(what))
        expect(replies.NOPERM.why).toMatch(new RegExp(`\\b${command.slice(1).toUpperCase()}\\b`));
  });

  it.each(Object.keys(uses))("%s: they are enough, and none is too many", async (what) => {
    const all = commandsFor(what);
    expect(await useWith(what, all)).toEqual([]);
    for (const spared of all.filter((rule) => rule !== forFailures || what === "hmac with `once`"))
      expect(
        await useWith(
          what,
          all.filter((rule) => rule !== spared),
        ),
        spared,
      ).toContain(`command ${spared.slice(1)}`);
  });

  it("a store that failed is asked again with SET, and counts as well once that is permitted", async () => {
    const config = { ...(await user(["+info", "+client|setname", "+hget"])), breaker: { misses: 1, open: 10 } };
    const { store, log } = await startedStore(server.url, config);
    const table = createRedisTables().open(store, "keys");
    await table.set("a", "1");
    await refused();
    await until("it is tried", async () => {
      await table.get("a");
      return (await refused()).includes("command set");
    });
    await server.ask("acl", "setuser", String(config.user), "+set");
    await until("it answers again", async () => (await table.get("a")) === null);
    expect(log.lines.join("\n")).toContain("store answers again");
  });

  it("a database other than 0 is chosen with SELECT", async () => {
    const rules = [...commandsFor("every connection"), ...commandsFor("hmac with `once`")];
    await refused();
    const { store } = await startedStore(server.url, {
      ...(await user([...rules, ...commandsFor("a database other than 0")])),
      database: 3,
    });
    expect([await store.values("once").add("b", "1", 60_000), await refused()]).toEqual([true, []]);
    await startedStore(server.url, { ...(await user(rules)), database: 3 }).catch(() => undefined);
    expect(await refused()).toContain("command select");
  });

  it("a cluster is found with CLUSTER SLOTS and CLUSTER INFO", async () => {
    const node = await RedisServer.start({ args: ["--cluster-enabled", "yes", "--cluster-announce-ip", "127.0.0.1"] });
    onTestFinished(() => node.end());
    await node.ask("cluster", "addslotsrange", "0", "16383");
    await until("the cluster is up", async () => String(await node.ask("cluster", "info")).includes("cluster_state:ok"));
    const rules = [...commandsFor("every connection"), ...commandsFor("hmac with `once`"), ...commandsFor("a cluster")];
    const { store } = await startedStore({ kind: "cluster", urls: [startValue(node.url)] }, await user(rules, node));
    expect([await store.values("once").add("a", "1", 60_000), await refused(node)]).toEqual([true, []]);
  });
});
