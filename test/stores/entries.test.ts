import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from "vitest";
import { createHousehold } from "../../runtime/life/household.ts";
import type { Entries, LeadAsk } from "../../runtime/stores/entries.ts";
import { headLength } from "../../runtime/stores/entry-form.ts";
import { createMemcachedEntries } from "../../runtime/stores/memcached/memcached-entries.ts";
import { createMemcachedStore } from "../../runtime/stores/memcached/memcached-store.ts";
import { createRedisEntries } from "../../runtime/stores/redis/redis-entries.ts";
import { entriesScript } from "../../runtime/stores/redis/scripts/entries.ts";
import { homesScript } from "../../runtime/stores/redis/scripts/homes.ts";
import { component } from "../harness/component.ts";
import { temporaryFolder } from "../harness/temporary-folder.ts";
import { NotedLog } from "../life/support/things.ts";
import { entryOf, id, partsIn, whose } from "./support/entry-of.ts";
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

const asks = (owner: string, known = "", lease = 60_000): LeadAsk => ({
  known: known === "" ? "" : id(known),
  owner: id(owner),
  lease,
  newMark: id(`mark-${owner}`),
  markSpan: 60_000,
});
describe.each([
  ["Redis", inRedis],
  ["Memcached", inMemcached],
])("entries in %s", (_kind, open) => {
  it("are read with their mark and the time that they have left, bytes as they were", async () => {
    const place = (await open()).at("base", "key", whose);
    expect(await place.read()).toBeUndefined();
    expect(await place.mark()).toBeNull();
    const { state, mark } = (await place.lead("work", asks("one"))) as { state: string; mark: string };
    expect([state, mark]).toEqual(["mine", id("mark-one")]);
    const entry = entryOf("v1", mark);
    expect(await place.write(entry, "work", id("one"))).toBe(1);
    const read = (await place.read()) as { entry: Buffer; mark: string; left: number };
    expect([read.entry.equals(entry), read.mark]).toEqual([true, mark]);
    expect(read.left).toBeGreaterThan(25_000);
    expect(read.left).toBeLessThanOrEqual(32_000);
    expect(await place.mark()).toBe(mark);
  });

  it("are led by one, and by the next where it is over; nobody else extends, settles or ends a lead", async () => {
    const place = (await open()).at("base", "key", whose);
    const mark = id("mark-one");
    const tries = await Promise.all(
      ["one", "two", "three"].map((owner) => place.lead("work", { ...asks(owner), newMark: mark })),
    );
    expect(tries.map((led) => ("state" in led ? led.state : led.failed)).sort()).toEqual(["held", "held", "mine"]);
    const [owner] = ["one", "two", "three"].filter((_, index) => (tries[index] as { state: string }).state === "mine");
    const stranger = { owner: id("stranger"), mark };
    await place.settle("work", stranger, "apart", 60_000);
    await place.extend("work", stranger, 1);
    await place.write(entryOf("v0", id("none")), "work", stranger.owner);
    expect(await place.lead("work", asks("four"))).toMatchObject({ state: "held", mark });
    expect(await place.lead("other-work", asks("four"))).toMatchObject({ state: "mine", mark });
    await place.settle("work", { owner: id(owner!), mark }, "apart", 60_000);
    expect(await place.lead("work", asks("four"))).toMatchObject({ state: "apart", mark });
    expect(await place.lead("work", asks("four", "", 0)), "for who needs only the mark").toMatchObject({ state: "mine", mark });
  });

  it("are found by who did not know them, and known by their version", async () => {
    const place = (await open()).at("base", "key", whose);
    const { mark } = (await place.lead("work", asks("one"))) as { mark: string };
    await place.write(entryOf("v1", mark), "work", id("one"));
    expect(await place.lead("work", asks("two"))).toEqual({ state: "stored", mark, version: id("v1") });
    expect(await place.lead("work", asks("two", "v1"))).toMatchObject({ state: "mine", mark });
  });

  it("go with their base, and with them the leads and what is written by who knew the old mark", async () => {
    const entries = await open();
    const [place, beside] = [entries.at("base", "key", whose), entries.at("base", "other key", whose)];
    const { mark } = (await place.lead("work", asks("one"))) as { mark: string };
    await place.write(entryOf("v1", mark), "work", id("one"));
    await beside.lead("beside", asks("two"));
    expect(await entries.drop("base")).toBe(true);
    expect(await place.read()).toBeUndefined();
    expect(await beside.write(entryOf("v2", mark), "beside", id("two"))).toBe(0);
    expect(await place.lead("work", asks("three"))).toMatchObject({ state: "mine", mark: id("mark-three") });
    expect(await beside.lead("beside", asks("four"))).toMatchObject({ state: "mine", mark: id("mark-three") });
    expect(await entries.at("another", "key", whose).mark(), "of another base nothing is known").toBeNull();
  });

  it("of several parts lose none of those that are written at once, and give none twice", async () => {
    const entries = await open();
    const { mark } = (await entries.at("base", "key", whose).lead("", asks("one", "", 0))) as { mark: string };
    const names = Array.from({ length: 10 }, (_, index) => `part-${index}`);
    // Each by a place of its own, as of several instances.
    const written = await Promise.all(
      names.map((part) =>
        entries.at("base", "key", whose).write(entryOf(part, mark, { part, text: `of ${part}` }), "", undefined),
      ),
    );
    expect([...written].sort((a, b) => Number(a) - Number(b))).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
    const place = entries.at("base", "key", whose);
    const read = async () => partsIn(((await place.read()) as { entry: Buffer }).entry);
    expect((await read()).map(({ name, text }) => `${name}: ${text}`).sort()).toEqual(names.map((part) => `${part}: of ${part}`));
    expect(await place.write(entryOf("v2", mark, { part: "part-4", text: "anew" }), "", undefined)).toBe(10);
    const [first, ...others] = await read();
    expect(first).toMatchObject({ name: "part-4", text: "anew" });
    expect(others.map(({ name }) => name).sort()).toEqual(names.filter((name) => name !== "part-4"));
  });

  it("have ten parts, and the bytes that there is room for: those that came first go", async () => {
    const entries = await open();
    const place = entries.at("base", "key", whose);
    const { mark } = (await place.lead("", asks("one", "", 0))) as { mark: string };
    for (let index = 0; index < 12; index++)
      expect(await place.write(entryOf("v", mark, { part: `part-${index}` }), "", undefined)).toBe(Math.min(10, index + 1));
    const half = "x".repeat(Math.floor(entries.maxBytes / 2));
    expect(await place.write(entryOf("v", mark, { part: "half", text: half }), "", undefined)).toBe(10);
    expect(await place.write(entryOf("v", mark, { part: "other", text: half }), "", undefined), "but for the half").toBe(10);
    const { entry } = (await place.read()) as { entry: Buffer };
    expect(partsIn(entry).map(({ name }) => name)).toEqual([
      "other",
      ..."11 10 9 8 7 6 5 4 3".split(" ").map((number) => `part-${number}`),
    ]);
    expect(entry.length).toBeLessThanOrEqual(entries.maxBytes);
  });

  it("grow older with their parts, by the clock that makes them older, and last as long as the part that lasts longest", async () => {
    const entries = await open();
    const place = entries.at("base", "key", whose);
    const { mark } = (await place.lead("", asks("one", "", 0))) as { mark: string };
    const now = Date.now();
    await place.write(entryOf("v1", mark, { part: "old", span: 600_000, at: now }), "", undefined);
    // By the clocks of who wrote, or by that of the server, of whose span a minute is gone.
    await place.write(entryOf("v2", mark, { part: "new", span: 1_000, at: now + 20_000 }), "", undefined);
    let read = (await place.read()) as { entry: Buffer; left: number };
    let ages = Object.fromEntries(partsIn(read.entry).map(({ name, age }) => [name, age]));
    expect(ages).toEqual({ new: 0, old: 20_000 });
    expect(read.left).toBeGreaterThan(590_000);
    await place.write(entryOf("v3", mark, { part: "newer", span: 1_000, at: now + 10_000 }), "", undefined);
    read = (await place.read()) as { entry: Buffer; left: number };
    ages = Object.fromEntries(partsIn(read.entry).map(({ name, age }) => [name, age]));
    // The clock of who wrote last is ten seconds behind: nobody knows how old the others are.
    expect(ages).toEqual({ newer: 0, new: expect.any(Number), old: expect.any(Number) });
    expect(ages.old).toBeGreaterThanOrEqual(20_000);
  });

  it("take the place of what is of another key, another form, or no entry", async () => {
    const entries = await open();
    const place = entries.at("base", "key", whose);
    const { mark } = (await place.lead("", asks("one", "", 0))) as { mark: string };
    await entries
      .at("base", "key", "somebody-else-----")
      .write(entryOf("v1", mark, { whose: "somebody-else-----" }), "", undefined);
    expect(await place.write(entryOf("v2", mark, { part: "two" }), "", undefined)).toBe(1);
    const otherForm = entryOf("v3", mark, { part: "three" });
    otherForm[2]!++;
    expect(await place.write(otherForm, "", undefined)).toBe(1);
    expect(await place.write(entryOf("v4", mark, { part: "four" }), "", undefined)).toBe(1);
    expect(partsIn(((await place.read()) as { entry: Buffer }).entry).map(({ name }) => name)).toEqual(["four"]);
  });

  it("that are damaged lose what cannot be read, and no more", async () => {
    const entries = await open();
    const place = entries.at("base", "key", whose);
    const { mark } = (await place.lead("", asks("one", "", 0))) as { mark: string };
    const longer = entryOf("v1", mark, { part: "damaged" });
    longer.writeUInt32BE(1_000_000, headLength);
    await place.write(longer, "", undefined);
    expect(await place.write(entryOf("v2", mark, { part: "two" }), "", undefined)).toBe(1);
    const shorter = entryOf("v3", mark, { part: "damaged" });
    shorter.writeUInt32BE(1, headLength);
    await place.write(shorter, "", undefined);
    expect(await place.write(entryOf("v4", mark, { part: "four" }), "", undefined)).toBe(1);
  });

  it("of which the lease is over are led by the next", async () => {
    const place = (await open()).at("base", "key", whose);
    await place.lead("work", asks("one", "", 1_000));
    expect(await place.lead("work", asks("two"))).toMatchObject({ state: "held" });
    await until("the lease is over", async () => {
      const led = await place.lead("work", asks("two"));
      return "state" in led && led.state === "mine";
    });
  });
});

describe.each([
  ["Redis", inRedis],
  ["Memcached", inMemcached],
])("the epoch of what is kept in %s", (_kind, open) => {
  const beat = (entries: Entries, member: string, newEpoch: string, { lost = 60_000, isDoubtful = false } = {}) =>
    entries.homes[0]!.beat({ member: member === "" ? "" : id(member), lost, isDoubtful, newEpoch: id(newEpoch) });

  it("is the same for all that are there, also for those who change nothing", async () => {
    const entries = await open();
    const beats = await Promise.all(
      ["one", "two", "three", "", ""].map((member, index) => beat(entries, member, `new-${index}`)),
    );
    expect(new Set(beats).size).toBe(1);
    for (const member of ["one", "", "four", "two"]) expect(await beat(entries, member, "another")).toBe(beats[0]);
  });

  it("is another one once somebody is lost, and stays where somebody leaves", async () => {
    const entries = await open();
    const first = await beat(entries, "one", "first");
    await beat(entries, "leaving", "");
    await entries.homes[0]!.leave(id("leaving"));
    await beat(entries, "lost", "", { lost: 1_000 });
    let begun: unknown = first;
    await until("it is lost", async () => {
      begun = await beat(entries, "one", "second", { lost: 1_000 });
      return begun !== first;
    });
    expect([first, begun]).toEqual([id("first"), id("second")]);
    expect(await beat(entries, "one", "third", { lost: 1_000 }), "it is missed once").toBe(begun);
    expect(await beat(entries, "lost", "fourth"), "it comes back").toBe(begun);
  });

  it("is another one where somebody says so, and where what there was is forgotten", async () => {
    const entries = await open();
    expect(await beat(entries, "one", "first")).toBe(id("first"));
    expect(await beat(entries, "two", "second", { isDoubtful: true })).toBe(id("second"));
    expect(await beat(entries, "one", "third")).toBe(id("second"));
    await Promise.all([redis.ask("flushall"), memcached.flush()]);
    expect(await beat(entries, "", "fourth")).toBe(id("fourth"));
  });
});

it("a member of the future is lost: the clock of the server was turned back", async () => {
  const entries = await inRedis();
  const beat = (newEpoch: string) => entries.homes[0]!.beat({ member: id("one"), lost: 30_000, isDoubtful: false, newEpoch });
  const first = await beat(id("first"));
  await redis.ask("zadd", "shop:gw:{answers}:m1", String(Date.now() + 20_000), "soon");
  expect(await beat(id("second"))).toBe(first);
  await redis.ask("zadd", "shop:gw:{answers}:m1", String(Date.now() + 3_600_000), "later");
  expect(await beat(id("third"))).toBe(id("third"));
});

describe("the scripts of entries", () => {
  it.each([
    ["lua5.1", entriesScript()],
    ["lua5.4", entriesScript()],
    ["lua5.1", homesScript],
    ["lua5.4", homesScript],
  ] as const)("are understood by %s", async (lua, script) => {
    const check = `assert((loadstring or load)([==[${script}]==])) print('ok')`;
    const folder = temporaryFolder({ "check.lua": check });
    const { stdout } = await promisify(execFile)(await component(lua), [join(folder, "check.lua")]);
    expect(stdout.trim()).toBe("ok");
  });
});
