import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from "vitest";
import { createHousehold } from "../../runtime/life/household.ts";
import type { Entries, LeadAsk } from "../../runtime/stores/entries.ts";
import { createMemcachedEntries } from "../../runtime/stores/memcached/memcached-entries.ts";
import { createMemcachedStore } from "../../runtime/stores/memcached/memcached-store.ts";
import { createRedisEntries } from "../../runtime/stores/redis/redis-entries.ts";
import { entriesScript } from "../../runtime/stores/redis/scripts/entries.ts";
import { component } from "../harness/component.ts";
import { temporaryFolder } from "../harness/temporary-folder.ts";
import { NotedLog } from "../life/support/things.ts";
import { MemcachedServer } from "./support/memcached-server.ts";
import { RedisServer, until } from "./support/redis-server.ts";
import { started, startValue, storeOf } from "./support/redis-store.ts";

let redis: RedisServer;
let memcached: MemcachedServer;
beforeAll(async () => void ([redis, memcached] = await Promise.all([RedisServer.start(), MemcachedServer.start()])));
afterAll(() => Promise.all([redis.end(), memcached.stop()]));

async function inRedis(): Promise<Entries> {
  await redis.ask("flushall");
  const store = storeOf(redis.url);
  const entries = createRedisEntries().open(store);
  await started(store);
  return entries;
}

async function inMemcached(): Promise<Entries> {
  await memcached.flush();
  const store = createMemcachedStore({
    name: "pages",
    from: "gateway.yaml:7",
    servers: [startValue(memcached.address)],
    keyPrefix: "shop:",
    timeout: 20_000,
    inFlight: 100,
    breaker: { misses: 3, open: 100 },
    maxItemBytes: 1_048_576,
  });
  const household = createHousehold([store], 1, new NotedLog());
  onTestFinished(() => household.stop());
  await household.start();
  await until("it is connected", () => store.readiness().ready);
  return createMemcachedEntries().open(store);
}

const id = (text: string): string => text.padEnd(12, "-");
const asks = (owner: string, known = "", lease = 60_000): LeadAsk => ({
  known: known === "" ? "" : id(known),
  owner: id(owner),
  lease,
  newMark: id(`mark-${owner}`),
  markSpan: 60_000,
});
/** As the gateway makes them, as far as servers look. */
const entryOf = (version: string, mark: string, text = "\u0000\r\n\u00ff"): Buffer =>
  Buffer.from(`GA\u0001\u0001${id(version)}${mark}${text}`, "latin1");

describe.each([
  ["Redis", inRedis],
  ["Memcached", inMemcached],
])("entries in %s", (_kind, open) => {
  it("are read with their mark and the time that they have left, bytes as they were", async () => {
    const place = (await open()).at("base", "key");
    expect(await place.read()).toBeUndefined();
    expect(await place.mark()).toBeNull();
    const { state, mark } = (await place.lead("work", asks("one"))) as { state: string; mark: string };
    expect([state, mark]).toEqual(["mine", id("mark-one")]);
    const entry = entryOf("v1", mark);
    expect(await place.write(entry, mark, 30_000, "work", id("one"))).toBe(true);
    const read = (await place.read()) as { entry: Buffer; mark: string; left: number };
    expect([read.entry.equals(entry), read.mark]).toEqual([true, mark]);
    expect(read.left).toBeGreaterThan(25_000);
    expect(read.left).toBeLessThanOrEqual(32_000);
    expect(await place.mark()).toBe(mark);
  });

  it("are led by one, and by the next where it is over; nobody else extends, settles or ends a lead", async () => {
    const place = (await open()).at("base", "key");
    const mark = id("mark-one");
    const tries = await Promise.all(
      ["one", "two", "three"].map((owner) => place.lead("work", { ...asks(owner), newMark: mark })),
    );
    expect(tries.map((led) => ("state" in led ? led.state : led.failed)).sort()).toEqual(["held", "held", "mine"]);
    const [owner] = ["one", "two", "three"].filter((_, index) => (tries[index] as { state: string }).state === "mine");
    const stranger = { owner: id("stranger"), mark };
    await place.settle("work", stranger, "apart", 60_000);
    await place.extend("work", stranger, 1);
    await place.write(entryOf("v0", id("none")), id("none"), 60_000, "work", stranger.owner);
    expect(await place.lead("work", asks("four"))).toMatchObject({ state: "held", mark });
    expect(await place.lead("other-work", asks("four"))).toMatchObject({ state: "mine", mark });
    await place.settle("work", { owner: id(owner!), mark }, "apart", 60_000);
    expect(await place.lead("work", asks("four"))).toMatchObject({ state: "apart", mark });
    expect(await place.lead("work", asks("four", "", 0)), "for who needs only the mark").toMatchObject({ state: "mine", mark });
  });

  it("are found by who did not know them, and known by their version", async () => {
    const place = (await open()).at("base", "key");
    const { mark } = (await place.lead("work", asks("one"))) as { mark: string };
    await place.write(entryOf("v1", mark), mark, 60_000, "work", id("one"));
    expect(await place.lead("work", asks("two"))).toEqual({ state: "stored", mark, version: id("v1") });
    expect(await place.lead("work", asks("two", "v1"))).toMatchObject({ state: "mine", mark });
  });

  it("go with their base, and with them the leads and what is written by who knew the old mark", async () => {
    const entries = await open();
    const [place, beside] = [entries.at("base", "key"), entries.at("base", "other key")];
    const { mark } = (await place.lead("work", asks("one"))) as { mark: string };
    await place.write(entryOf("v1", mark), mark, 60_000, "work", id("one"));
    await beside.lead("beside", asks("two"));
    expect(await entries.drop("base")).toBe(true);
    expect(await place.read()).toBeUndefined();
    expect(await beside.write(entryOf("v2", mark), mark, 60_000, "beside", id("two"))).toBe(false);
    expect(await place.lead("work", asks("three"))).toMatchObject({ state: "mine", mark: id("mark-three") });
    expect(await beside.lead("beside", asks("four"))).toMatchObject({ state: "mine", mark: id("mark-three") });
    expect(await entries.at("another", "key").mark(), "of another base nothing is known").toBeNull();
  });

  it("of which the lease is over are led by the next", async () => {
    const place = (await open()).at("base", "key");
    await place.lead("work", asks("one", "", 1_000));
    expect(await place.lead("work", asks("two"))).toMatchObject({ state: "held" });
    await until("the lease is over", async () => {
      const led = await place.lead("work", asks("two"));
      return "state" in led && led.state === "mine";
    });
  });
});

describe("the script of entries", () => {
  it.each(["lua5.1", "lua5.4"] as const)("is understood by %s", async (lua) => {
    const check = `assert((loadstring or load)([==[${entriesScript}]==])) print('ok')`;
    const folder = temporaryFolder({ "check.lua": check });
    const { stdout } = await promisify(execFile)(await component(lua), [join(folder, "check.lua")]);
    expect(stdout.trim()).toBe("ok");
  });
});
