import { afterAll, beforeAll, describe, expect, it, onTestFinished, vi } from "vitest";
import { Untold } from "../../../runtime/caching/shared/untold.ts";
import { clock } from "../../../runtime/life/clock.ts";
import { createInvalidation } from "../../../runtime/policies/cache/invalidation.ts";
import type { Failed } from "../../../runtime/stores/store.ts";
import { get } from "../../runtime/support/raw-client.ts";
import { ok } from "../../runtime/support/raw-upstream.ts";
import { DroppingProxy } from "../../stores/support/dropping-proxy.ts";
import { RedisServer } from "../../stores/support/redis-server.ts";
import { started, storeOf } from "../../stores/support/redis-store.ts";
import { askedFor, hit, inRedis, kept, noContent, put } from "./shared-support.ts";
import { ask, cachedBefore, HeldService } from "./support.ts";

let server: RedisServer;
beforeAll(async () => void (server = await RedisServer.start()));
afterAll(() => server.end());

const members = "shop:gw:{answers}:m1";

/** An instance that can be cut off the store, and one that cannot, in front of the same service. */
async function twoInstances() {
  await server.ask("flushall");
  const proxy = await DroppingProxy.start(Number(new URL(server.url).port));
  onTestFinished(() => proxy.close());
  const held = new HeldService();
  const url = await held.start();
  const there = await inRedis(server);
  const { port } = await cachedBefore(url, there);
  const away = storeOf(server.url.replace(/:\d+$/, `:${proxy.port}`), { timeout: 100, breaker: { misses: 2, open: 50 } });
  const { answers } = there;
  // Its operations change what is kept.
  createInvalidation({ store: away, answers: answers!, purge: null });
  const { stop } = await started(away);
  const changing = await cachedBefore(url, { ...there, store: away });
  const probe = ask(changing.port, get("/probe"));
  (await held.arrived(1)).send(ok("there"));
  await probe.answer();
  expect(await server.ask("zcard", members)).toBe(1);
  return { held, proxy, port, changing: changing.port, stop };
}

/** As if so much time had passed for the process, and nobody had been heard of in the server for longer than that. */
async function later(milliseconds: number): Promise<void> {
  const real = clock.monotonic;
  clock.monotonic = () => real() + milliseconds;
  onTestFinished(() => void (clock.monotonic = real));
  for (const member of (await server.ask("zrange", members, "0", "-1")) as string[])
    await server.ask("zadd", members, String(Date.now() - milliseconds), member);
}

describe("a change that the store was not told", () => {
  it("is known to the others in time, although the instance that made it is gone", async () => {
    const { held, proxy, port, changing, stop } = await twoInstances();
    const first = ask(port, get("/page"));
    const before = held.requests.length;
    (await held.arrived(before + 1)).send(ok("old", `${kept}ETag: "a"\r\n`));
    await first.answer();
    await hit(port, "/page");
    proxy.cut();
    const writer = ask(changing, put("/page"));
    (await held.arrived(before + 2)).send(noContent);
    expect((await writer.answer()).status).toBe(204);
    await stop();
    expect((await hit(port, "/page")).body, "nobody knows yet").toBe("old");
    await later(31_000);
    // 500 ask at once, and one of them the service.
    const clients = Array.from({ length: 500 }, () => ask(port, get("/page")));
    const asked = await held.arrived(before + 3);
    expect(asked.head).toContain('If-None-Match: "a"');
    asked.send(ok("new", kept));
    for (const client of clients) expect((await client.answer()).body).toBe("new");
    expect(held.requests.length).toBe(before + 3);
    expect((await hit(port, "/page")).body).toBe("new");
  });

  it("makes nothing else unknown: what still holds is fresh again with one 304", async () => {
    const { held, port } = await twoInstances();
    const before = held.requests.length;
    const first = ask(port, get("/page"));
    (await held.arrived(before + 1)).send(ok("same", `${kept}ETag: "a"\r\n`));
    await first.answer();
    await hit(port, "/page");
    // One that has nothing to tell is not heard of: nobody knows that.
    await later(31_000);
    const asking = ask(port, get("/page"));
    (await held.arrived(before + 2)).send(`HTTP/1.1 304 Not Modified\r\n${kept}\r\n`);
    expect((await asking.answer()).body).toBe("same");
    expect((await hit(port, "/page")).body).toBe("same");
  });

  it("is told when an instance stops as it should, and nobody is missed", async () => {
    const { held, proxy, port, changing, stop } = await twoInstances();
    const before = held.requests.length;
    const first = ask(port, get("/page"));
    (await held.arrived(before + 1)).send(ok("old", kept));
    await first.answer();
    await hit(port, "/page");
    proxy.cut();
    const writer = ask(changing, put("/page"));
    (await held.arrived(before + 2)).send(noContent);
    await writer.answer();
    proxy.mend();
    await vi.waitFor(async () => expect((await askedFor(held, port, "/page", "new")).body).toBe("new"));
    const epoch = await server.ask("get", "shop:gw:{answers}:g1");
    await stop();
    expect(await server.ask("zcard", members)).toBe(0);
    await later(31_000);
    expect((await hit(port, "/page")).body).toBe("new");
    expect(await server.ask("get", "shop:gw:{answers}:g1")).toBe(epoch);
  });

  it("keeps all that is kept from being served where nobody has heard of the epoch for too long", async () => {
    const { held, port } = await twoInstances();
    const before = held.requests.length;
    const first = ask(port, get("/page"));
    (await held.arrived(before + 1)).send(ok("old", kept));
    await first.answer();
    await hit(port, "/page");
    const real = clock.monotonic;
    onTestFinished(() => void (clock.monotonic = real));
    clock.monotonic = () => real() + 10_001;
    await server.ask("acl", "setuser", "default", "-eval");
    onTestFinished(async () => void (await server.ask("acl", "setuser", "default", "+eval")));
    const next = ask(port, get("/page"));
    (await held.arrived(before + 2)).send(ok("new", kept));
    const answer = await next.answer();
    expect(answer.body).toBe("new");
    expect(answer.field("cache-status")).toMatch(/^test; fwd=miss; detail=store-failure/);
  });
});

describe("changes that a store is not told", () => {
  const failure: Failed = { failed: "it is away" };

  it("beyond those that are remembered keep everything from being read, until another epoch begins", async () => {
    const untold = new Untold(async () => failure, 3);
    for (const base of ["a", "b", "c"]) await untold.tell(base);
    expect([untold.size, untold.has("http://x/other"), untold.isBeyond(30_000)]).toEqual([3, false, false]);
    await untold.tell("d");
    expect([untold.size, untold.has("http://x/other"), untold.isBeyond(30_000)]).toEqual([3, true, true]);
    const { count } = untold;
    await untold.tell("e");
    untold.forget(count);
    expect(untold.has("http://x/other"), "one came while the epoch was asked for").toBe(true);
    untold.forget(untold.count);
    expect([untold.size, untold.has("http://x/other")]).toEqual([0, false]);
  });

  it("are told once more each, and one that came during that by itself", async () => {
    const told: string[] = [];
    let isAway = true;
    let meanwhile: (() => Promise<void>) | undefined;
    const untold = new Untold(async (base) => {
      await meanwhile?.();
      if (isAway) return failure;
      told.push(base);
      return true;
    });
    await untold.tell("a");
    await untold.tell("b");
    meanwhile = async () => {
      meanwhile = undefined;
      isAway = true;
      await untold.tell("a");
      isAway = false;
    };
    isAway = false;
    expect(await untold.tellAll()).toBe(true);
    expect([told, untold.size]).toEqual([["a", "b"], 1]);
    expect(await untold.tellAll()).toBe(true);
    expect([told, untold.size]).toEqual([["a", "b", "a"], 0]);
  });

  it("for too long make another epoch begin", async () => {
    const untold = new Untold(async () => failure);
    await untold.tell("a");
    const real = clock.monotonic;
    onTestFinished(() => void (clock.monotonic = real));
    clock.monotonic = () => real() + 30_001;
    expect(untold.isBeyond(30_000)).toBe(true);
  });
});
