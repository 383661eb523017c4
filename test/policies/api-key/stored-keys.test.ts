import { createHash } from "node:crypto";
import { afterAll, beforeAll, describe, expect, it, onTestFinished, vi } from "vitest";
import type { AdminAnswer, AdminRoute } from "../../../runtime/admin/route.ts";
import type { Identity, Rejection } from "../../../runtime/exchange/exchange.ts";
import { createStoredKeys, type StoredKeys } from "../../../runtime/identity/api-key/stored-keys.ts";
import { createHousehold } from "../../../runtime/life/household.ts";
import type { Json } from "../../../runtime/life/json.ts";
import { createRedisTables } from "../../../runtime/stores/redis/redis-table.ts";
import type { Validator } from "../../../runtime/validation/violations.ts";
import { fakeExchange } from "../../harness/fake-exchange.ts";
import { NotedLog } from "../../life/support/things.ts";
import { RedisServer } from "../../stores/support/redis-server.ts";
import { storeOf } from "../../stores/support/redis-store.ts";

let redis: RedisServer;
beforeAll(async () => {
  redis = await RedisServer.start();
});
afterAll(() => redis.end());

let count = 0;

/** One instance of a gateway with keys in the server; `name` tells one scheme of the tests from another. */
async function instance(server: RedisServer, name: string, metadata?: Validator) {
  const store = storeOf(server.url, { required: false, breaker: { misses: 1, open: 200 } });
  const place = { in: "header", parameter: "x-api-key", challenge: "ApiKey", forward: "none" } as const;
  const scheme = createStoredKeys({
    ...place,
    name,
    store,
    tables: createRedisTables(),
    prefix: "shop",
    // As the compiler emits one.
    ...(metadata === undefined ? {} : { metadata: metadata as Validator & { readonly __emitted: "validator" } }),
  });
  const log = new NotedLog();
  const house = createHousehold([store, scheme], 1, log);
  onTestFinished(() => house.stop());
  await house.start().catch(() => {});
  await until(() => expect(scheme.readiness()).toEqual({ ready: true }));
  return { scheme, house, log };
}

const until = (look: () => void | Promise<void>): Promise<void> => vi.waitFor(look, { timeout: 20_000, interval: 20 });
const freshName = (): string => `scheme${count++}`;
const send = async (scheme: StoredKeys, key: string): Promise<unknown> =>
  scheme.authenticate(fakeExchange({ headers: ["X-Api-Key", key] }));

const jsonOf = (answer: AdminAnswer): Json => ("json" in answer ? answer.json : (JSON.parse(answer.text) as Json));

/** What the admin listener answers; the path is that of the route behind `/keys`. */
async function admin(scheme: StoredKeys, method: string, path = "", body?: Json, parameters = {}) {
  const [, id] = /^\/(?!export|import)([^/]+)/.exec(path) ?? [];
  const template = id === undefined ? path : path.replace(id, "{id}");
  const route = scheme.adminRoutes.find((one: AdminRoute) => one.method === method && one.path.endsWith(`/keys${template}`))!;
  // Keys are told in one piece.
  const answer = (await route.answer(
    { parameters: { ...(id === undefined ? {} : { id }), ...parameters }, body },
    { operations: [] },
  )) as AdminAnswer;
  return { status: answer.status, json: jsonOf(answer) as Record<string, Json> & { readonly entry: { readonly id: string } } };
}

const create = async (scheme: StoredKeys, facts: Json): Promise<{ readonly key: string; readonly id: string }> => {
  const { json } = await admin(scheme, "POST", "", facts);
  return { key: String(json.key), id: json.entry.id };
};

describe("keys in a store", () => {
  it("are made by one instance and found by every one, with what is said of them", async () => {
    const name = freshName();
    const [one, other] = [await instance(redis, name), await instance(redis, name)];
    const facts = {
      consumer: "acme",
      roles: ["buyer"],
      scopes: ["read"],
      tier: "gold",
      tenant: "eu",
      metadata: { perMinute: 5 },
    };
    const { key, id } = await create(one.scheme, { ...facts, expires: "2099-01-01T00:00:00Z" });
    expect(key).toMatch(/^shop_[0-9A-Za-z]{36}$/);
    expect(await send(other.scheme, key)).toEqual({
      subject: "acme",
      scheme: name,
      roles: ["buyer"],
      scopes: ["read"],
      tier: "gold",
      tenant: "eu",
      claims: { perMinute: 5 },
      expiresAt: Date.UTC(2099, 0),
      marks: { key: id, issuedAt: expect.any(Number) },
    });
  });

  it("are kept as hashes: neither the store nor any list has the key", async () => {
    const { scheme } = await instance(redis, freshName());
    const { key, id } = await create(scheme, { consumer: "acme" });
    const dumped: unknown[] = [];
    for (const name of (await redis.ask("keys", "*")) as string[]) dumped.push(await redis.ask("hgetall", name));
    const shown = [await admin(scheme, "GET"), await admin(scheme, "GET", `/${id}`), await admin(scheme, "POST", "/export")];
    const written = JSON.stringify([dumped, shown]);
    expect(written).toContain(id);
    expect(written).not.toContain(key.slice(10));
  });

  it("are answered from memory for a second, also those that nobody has, and waited for once by all who come together", async () => {
    const { scheme } = await instance(redis, freshName());
    const { key } = await create(scheme, { consumer: "acme" });
    const nobody = "a-key-of-another-form";
    const before = await redis.calls("hget");
    await Promise.all(Array.from({ length: 50 }, () => [send(scheme, key), send(scheme, nobody)]).flat());
    const settled = [scheme.authenticate(fakeExchange({ headers: ["X-Api-Key", key] })), await send(scheme, nobody)];
    expect(settled).toEqual([expect.objectContaining({ subject: "acme" }), "invalid"]);
    expect((await redis.calls("hget")) - before).toBe(2);
  });

  it("are not looked up where the checksum is wrong", async () => {
    const { scheme } = await instance(redis, freshName());
    const { key } = await create(scheme, { consumer: "acme" });
    const before = await redis.calls("hget");
    const typo = key.slice(0, 10) + (key[10] === "a" ? "b" : "a") + key.slice(11);
    const reason = "The key is mistyped: its checksum is wrong.";
    // What it begins with says whose it claims to be (`identity.damping`).
    expect(await send(scheme, typo)).toEqual({ rejected: "invalid", reason, about: key.slice(0, 9) });
    expect(await send(scheme, key.slice(0, -1))).toEqual({ rejected: "invalid", reason, about: key.slice(0, 9) });
    expect(await redis.calls("hget")).toBe(before);
  });

  it("are refused by every instance within two seconds of their revocation", async () => {
    const name = freshName();
    const [one, other] = [await instance(redis, name), await instance(redis, name)];
    const { key, id } = await create(one.scheme, { consumer: "acme" });
    for (const { scheme } of [one, other]) expect(await send(scheme, key)).toMatchObject({ subject: "acme" });
    expect((await admin(one.scheme, "POST", `/${id}/revoke`)).status).toBe(200);
    const revokedAt = performance.now();
    let lastPassed = 0;
    for (const { scheme } of [one, other])
      await until(async () => {
        const askedAt = performance.now();
        const verdict = (await send(scheme, key)) as Rejection;
        if (verdict.rejected === undefined) lastPassed = askedAt;
        expect(verdict).toEqual({ rejected: "invalid", reason: "The key was revoked.", about: id });
      });
    expect(lastPassed - revokedAt).toBeLessThan(2_000);
  });

  it("end what was begun with them when they are revoked, and when they are gone", async () => {
    const { scheme } = await instance(redis, freshName());
    const [one, other, kept] = [
      await create(scheme, { consumer: "acme" }),
      await create(scheme, { consumer: "globex" }),
      await create(scheme, { consumer: "zenith" }),
    ];
    const identities: Identity[] = [];
    for (const { key } of [one, other, kept]) identities.push((await send(scheme, key)) as Identity);
    const ended = (): boolean[] => identities.map((identity) => scheme.hasEnded(identity));
    expect(ended()).toEqual([false, false, false]);
    await admin(scheme, "POST", `/${one.id}/revoke`);
    for (const name of (await redis.ask("keys", "*apiKeyIds*")) as string[]) await redis.ask("hdel", name, other.id);
    await until(() => expect(ended()).toEqual([true, true, false]));
  });

  it("whose metadata is not what the scheme says are not made, and get 503 with a line where somebody else has written them", async () => {
    const name = freshName();
    const isFit: Validator = (value, found) => {
      const isNumber = typeof (value as { readonly perMinute?: unknown }).perMinute === "number";
      if (!isNumber) found?.add("type", "must be a number", "perMinute");
      return isNumber;
    };
    const [{ scheme, log }, { scheme: careless }] = [await instance(redis, name, isFit), await instance(redis, name)];
    const metadata = { perMinute: "secret-of-acme" };
    const detail = "`metadata`: /perMinute must be a number.";
    expect(await admin(scheme, "POST", "", { consumer: "acme", metadata })).toMatchObject({ status: 400, json: { detail } });
    const { key, id } = await create(careless, { consumer: "acme", metadata });
    for (let time = 0; time < 3; time++)
      expect(await send(scheme, key)).toMatchObject({
        rejected: "unavailable",
        reason: expect.stringContaining("not as it has to be"),
      });
    const about = log.lines.filter((line) => JSON.stringify(line).includes(id));
    expect(about).toHaveLength(1);
    expect(JSON.stringify(about)).toContain("/perMinute must be a number");
    expect(JSON.stringify(log.lines)).not.toContain("secret-of-acme");
  });

  it("that somebody has broken in the store get 503, and the gateway stays ready for the others", async () => {
    const { scheme, log } = await instance(redis, freshName());
    const [broken, good] = [await create(scheme, { consumer: "acme" }), await create(scheme, { consumer: "globex" })];
    const hash = createHash("sha256").update(broken.key).digest("base64url");
    for (const name of (await redis.ask("keys", "*apiKeys*")) as string[])
      if ((await redis.ask("hexists", name, hash)) === 1) await redis.ask("hset", name, hash, "{");
    expect(await send(scheme, broken.key)).toMatchObject({ rejected: "unavailable" });
    expect(scheme.readiness()).toEqual({ ready: true });
    expect(await send(scheme, good.key)).toMatchObject({ subject: "globex" });
    expect(JSON.stringify(log.lines)).toContain("an entry of the store cannot be used");
  });

  it("are rotated with an overlap, and never twice", async () => {
    const { scheme } = await instance(redis, freshName());
    const { key, id } = await create(scheme, { consumer: "acme", roles: ["buyer"] });
    const rotated = await admin(scheme, "POST", `/${id}/rotate`, { overlapSeconds: 3600, tier: "gold" });
    expect(rotated.status).toBe(201);
    expect(await send(scheme, key)).toMatchObject({ subject: "acme", expiresAt: expect.any(Number) });
    expect(await send(scheme, String(rotated.json.key))).toMatchObject({ subject: "acme", roles: ["buyer"], tier: "gold" });
    expect(await admin(scheme, "POST", `/${id}/rotate`, {})).toMatchObject({
      status: 409,
      json: { detail: `It was rotated already: ${rotated.json.entry.id} is the key in its place.` },
    });
  });

  it("count their uses without a write for each request", async () => {
    const { scheme, house } = await instance(redis, freshName());
    const { key, id } = await create(scheme, { consumer: "acme" });
    const before = await redis.calls("hincrby");
    for (let time = 0; time < 100; time++) await send(scheme, key);
    expect((await redis.calls("hincrby")) - before).toBeLessThan(2);
    await house.stop();
    const { scheme: later } = await instance(redis, scheme.name.replace("identity.schemes.", ""));
    expect((await admin(later, "GET", `/${id}`)).json).toMatchObject({ used: 100, lastUsed: expect.any(String) });
    expect((await redis.calls("hincrby")) - before).toBeLessThanOrEqual(2);
  });

  it("can be exported and imported, and an id never names two keys", async () => {
    const [{ scheme: one }, { scheme: other }] = [await instance(redis, freshName()), await instance(redis, freshName())];
    const { key, id } = await create(one, { consumer: "acme" });
    const { json } = await admin(one, "POST", "/export");
    expect(await admin(other, "POST", "/import", { keys: json.keys! })).toMatchObject({ status: 200, json: { imported: 1 } });
    expect(await send(other, key)).toMatchObject({ subject: "acme", marks: { key: id } });
    const [entry] = json.keys as unknown as readonly [Record<string, Json>];
    const clash = { ...entry, hash: "0".repeat(64) };
    expect(await admin(other, "POST", "/import", { keys: [clash] })).toMatchObject({
      status: 400,
      json: { detail: "keys[0].id is the id of another key. 0 of 1 keys were taken." },
    });
    expect(await admin(other, "POST", "/import", { keys: [{ ...entry, expire: "never" }] })).toMatchObject({
      status: 400,
      json: { detail: expect.stringContaining("keys[0] has the unknown field `expire`") },
    });
  });

  it.each<[string, Json, string]>([
    ["an end that is no time", { consumer: "acme", expires: "tomorrow" }, "`expires` has to be a time such as"],
    [
      "an end before the begin",
      { consumer: "acme", notBefore: "2030-01-01T00:00:00Z", expires: "2029-01-01T00:00:00Z" },
      "never count",
    ],
    ["a consumer with blanks", { consumer: "acme corp" }, "`consumer` has to be"],
  ])("are not made with %s", async (_, facts, detail) => {
    const { scheme } = await instance(redis, freshName());
    expect(await admin(scheme, "POST", "", facts)).toMatchObject({
      status: 400,
      json: { detail: expect.stringContaining(detail) },
    });
  });

  it("are not ready, and get 503, where the store is gone when the gateway starts (trap 36)", async () => {
    const store = storeOf("redis://127.0.0.1:1", { required: false });
    const place = { in: "header", parameter: "x-api-key", challenge: "ApiKey", forward: "none" } as const;
    const scheme = createStoredKeys({ ...place, name: freshName(), store, tables: createRedisTables(), prefix: "shop" });
    const house = createHousehold([scheme], 1, new NotedLog());
    onTestFinished(() => house.stop());
    await house.start();
    expect(scheme.readiness()).toMatchObject({ ready: false });
    const why = "cannot look up keys: there is no connection to the store";
    await until(() => expect(scheme.readiness()).toEqual({ ready: false, why }));
    expect(await send(scheme, "a-key-of-somebody")).toMatchObject({ rejected: "unavailable" });
  });

  it("get 503 while the store is out of reach, never 401, and the gateway says that it is not ready", async () => {
    const own = await RedisServer.start();
    onTestFinished(() => own.end());
    const { scheme } = await instance(own, freshName());
    const { key } = await create(scheme, { consumer: "acme" });
    await own.stop();
    const reason = "Whose key it is cannot be looked up at the moment.";
    await until(async () => expect(await send(scheme, key)).toEqual({ rejected: "unavailable", reason }));
    expect(scheme.readiness()).toEqual({ ready: false, why: expect.stringContaining("cannot look up keys") });
    expect(await admin(scheme, "GET")).toMatchObject({ status: 503 });
    await own.begin();
    await until(() => expect(scheme.readiness()).toEqual({ ready: true }));
  });
});
