import { describe, expect, it, onTestFinished } from "vitest";
import type { AnswerCache } from "../../../runtime/caching/answer-cache.ts";
import { createPurging } from "../../../runtime/caching/purging/purging.ts";
import { createStoredPurges, type StoredPurges } from "../../../runtime/caching/purging/stored-purges.ts";
import { createTagging } from "../../../runtime/caching/purging/tagging.ts";
import { HeaderList } from "../../../runtime/fields/header-list.ts";
import { createHousehold } from "../../../runtime/life/household.ts";
import { createCache } from "../../../runtime/policies/cache/index.ts";
import type { RecordStore } from "../../../runtime/stores/store.ts";
import { fakeExchange } from "../../harness/fake-exchange.ts";
import { NotedLog } from "../../life/support/things.ts";
import { get } from "../../runtime/support/raw-client.ts";
import { ok } from "../../runtime/support/raw-upstream.ts";
import { DroppingProxy } from "../../stores/support/dropping-proxy.ts";
import { RedisServer, until } from "../../stores/support/redis-server.ts";
import { storeOf } from "../../stores/support/redis-store.ts";
import { inRedis } from "./shared-support.ts";
import { ask, cacheConfig, cachedBefore, HeldService } from "./support.ts";

/** One instance: what it keeps, and how it is with its purges. */
class Instance {
  readonly purges: StoredPurges;
  readonly log = new NotedLog();
  readonly #cache: AnswerCache;

  constructor(purges: StoredPurges) {
    this.purges = purges;
    const tagging = createTagging({ fields: ["surrogate-key"], values: [], keepsFields: false, most: 10 });
    this.#cache = createCache(cacheConfig({ purging: createPurging({ purges, tagging, after: null }) }));
  }

  /** `hit`, or why the service is asked. */
  look(path: string): string {
    const finding = this.#cache.find(fakeExchange({ path, startedAt: performance.now() }));
    if (finding instanceof Promise) throw new Error("answers are in memory here");
    return finding.kind === "fetch" ? finding.fetch.why : finding.kind;
  }

  /** The service answers. */
  keep(path: string, tags: string): void {
    const x = fakeExchange({ path, startedAt: performance.now() });
    const finding = this.#cache.find(x);
    if (finding instanceof Promise || finding.kind !== "fetch") throw new Error("it is kept");
    this.#cache.begin(x, finding.fetch);
    this.answer(x, finding.fetch, tags);
  }

  begin(path: string): () => void {
    const x = fakeExchange({ path, startedAt: performance.now() });
    const finding = this.#cache.find(x);
    if (finding instanceof Promise || finding.kind !== "fetch") throw new Error("it is kept");
    this.#cache.begin(x, finding.fetch);
    return () => this.answer(x, finding.fetch, "");
  }

  private answer(x: ReturnType<typeof fakeExchange>, plan: Parameters<AnswerCache["judge"]>[1], tags: string): void {
    const headers = new HeaderList(["Cache-Control", "max-age=1000", "ETag", '"1"', "Surrogate-Key", tags]);
    const verdict = this.#cache.judge(x, plan, { status: 200, headers, body: undefined, source: "service" }, 1);
    if (verdict.kind !== "keep") throw new Error("it was to be kept");
    this.#cache.keep(plan, verdict.draft, Buffer.from("1"));
    this.#cache.ended(plan);
  }
}

async function instance(url: string, { max = 100, maxAge = null as number | null } = {}): Promise<Instance> {
  const store = storeOf(url, { breaker: { misses: 3, open: 100 }, required: false });
  const purges = createStoredPurges({ store, storeName: "shared", gateway: "shop", max, maxAge });
  const made = new Instance(purges);
  const house = createHousehold([store, purges], 1, made.log);
  onTestFinished(() => house.stop());
  await house.start();
  return made;
}

async function redis(): Promise<RedisServer> {
  const server = await RedisServer.start();
  onTestFinished(() => server.end());
  return server;
}

async function purge({ purges }: Instance, body: { readonly [key: string]: string[] | boolean }): Promise<number> {
  const answer = await purges.adminRoutes[0]!.answer({ parameters: {}, body }, { operations: [] });
  return answer.status;
}

describe("purges in Redis", () => {
  it("reach other instances, those that start later too, and fetches under way", async () => {
    const server = await redis();
    const [one, other] = [await instance(server.url), await instance(server.url)];
    for (const each of [one, other]) {
      each.keep("/a", "shelf");
      each.keep("/b", "");
    }
    const end = other.begin("/c");
    expect(await purge(one, { tags: ["shelf"], urls: ["/c"] })).toBe(200);
    expect([one.look("/a"), one.look("/b")]).toEqual(["uri-miss", "hit"]);
    await until("the other one knows", () => other.look("/a") === "uri-miss");
    expect(other.look("/b")).toBe("hit");
    end();
    expect(other.look("/c")).toBe("uri-miss");
    const late = await instance(server.url);
    late.keep("/a", "shelf");
    expect([late.look("/a"), late.purges.number]).toEqual(["hit", one.purges.number]);
  });

  it("that came while an instance was cut off are in force there as soon as it is back: redis#3559", async () => {
    const server = await redis();
    const proxy = await DroppingProxy.start(server.port);
    onTestFinished(() => proxy.close());
    const [one, cut] = [await instance(server.url), await instance(`redis://127.0.0.1:${proxy.port}`)];
    for (const path of ["/a", "/b"]) cut.keep(path, path === "/a" ? "shelf" : "");
    proxy.cut();
    await until("it is cut off", () => cut.log.lines.join("\n").includes("what is purged elsewhere is not known"));
    expect(await purge(one, { tags: ["shelf"] })).toBe(200);
    expect(cut.look("/a")).toBe("hit");
    // What it purges itself is in force at once, and waits for the store.
    cut.purges.purge([{ kind: "uri", name: "/b", isSoft: false }]);
    expect(cut.look("/b")).toBe("uri-miss");
    expect(await purge(cut, { all: true })).toBe(503);
    one.keep("/b", "");
    proxy.mend();
    await until("it is back", () => cut.log.lines.join("\n").includes("purges are known again"));
    expect(cut.look("/a")).toBe("uri-miss");
    await until("the other one knows what waited", () => one.look("/b") === "uri-miss");
  });

  it("are not known while the store is gone: with `maxAge` the service is asked after that, otherwise what is kept is served", async () => {
    const server = await redis();
    const [serves, asks] = [await instance(server.url), await instance(server.url, { maxAge: 500 })];
    for (const each of [serves, asks]) each.keep("/a", "");
    await server.stop();
    await until("one of them asks", () => asks.look("/a") === "stale");
    expect(serves.look("/a")).toBe("hit");
    await server.begin();
    // The server has begun anew, and lost what it had.
    await until("both ask", () => [serves, asks].every((each) => each.log.lines.join("\n").includes("has lost the purges")));
    expect([serves.look("/a"), asks.look("/a")]).toEqual(["stale", "stale"]);
    serves.keep("/a", "");
    expect(serves.look("/a")).toBe("hit");
  });

  it("that the store is not told of are counted, by what alerts look at", async () => {
    const server = await redis();
    const one = await instance(server.url);
    const figure = (name: string): number =>
      one.purges.metrics().find((family) => family.name === `gatewright_cache_purges_${name}`)!.samples![0]!.value;
    const before = figure("known_timestamp_seconds");
    expect([figure("waiting"), figure("failed_total")]).toEqual([0, 0]);
    expect(Date.now() / 1_000 - before).toBeLessThan(60);
    await server.stop();
    expect(await purge(one, { tags: ["shelf"] })).toBe(503);
    // As an operation does: nobody waits for the store.
    one.purges.purge([{ kind: "tag", name: "shelf", isSoft: false }]);
    one.purges.purge([{ kind: "tag", name: "other", isSoft: false }]);
    expect([figure("waiting"), figure("failed_total")]).toEqual([2, 1]);
    await server.begin();
    await until("the store was told", () => figure("waiting") === 0);
    await until("they are known", () => figure("known_timestamp_seconds") > before);
    expect(figure("failed_total")).toBe(1);
  });

  it("are read before anything is served: nothing that was fetched before the first reading is served unasked", async () => {
    const server = await redis();
    await server.stop();
    const one = await instance(server.url);
    one.keep("/a", "");
    expect(one.look("/a")).toBe("stale");
    await server.begin();
    await until("it is read", () => one.purges.era !== "");
    expect(one.look("/a")).toBe("stale");
    one.keep("/a", "");
    expect(one.look("/a")).toBe("hit");
  });

  it("of more than there is room for purge groups of names, in the store and in each instance: more, never less", async () => {
    const server = await redis();
    const [one, other] = [await instance(server.url, { max: 20 }), await instance(server.url, { max: 20 })];
    const tags = Array.from({ length: 60 }, (_, index) => `tag-${index}`);
    for (const [index, tag] of tags.entries()) for (const each of [one, other]) each.keep(`/${index}`, tag);
    for (const each of [one, other]) each.keep("/untouched", "something-else");
    expect(await purge(one, { tags })).toBe(200);
    await until("the other one knows", () => other.look("/59") === "uri-miss");
    const left = tags.filter((_, index) => one.look(`/${index}`) === "hit" || other.look(`/${index}`) === "hit");
    expect([left, one.look("/untouched"), other.look("/untouched")]).toEqual([[], "hit", "hit"]);
    expect(await server.ask("hlen", "shop:gw:{shop:purges}:r1")).toBeLessThanOrEqual(20 + 60 + 1);
  });

  it.each([undefined, 10_000])("name answers that are in Redis too, with copies in memory for %s ms", async (checkAfter) => {
    const server = await redis();
    const held = new HeldService();
    const url = await held.start();
    const both = await Promise.all(
      [0, 1].map(async () => {
        const setup = await inRedis(server, checkAfter === undefined ? {} : { checkAfter });
        // A store of Redis gives records as well.
        const store = setup.store as unknown as RecordStore;
        const purges = createStoredPurges({ store, storeName: "shared", gateway: "shop", max: 100, maxAge: null });
        const house = createHousehold([purges], 1, new NotedLog());
        onTestFinished(() => house.stop());
        await house.start();
        const tagging = createTagging({ fields: ["surrogate-key"], values: [], keepsFields: false, most: 10 });
        return { purges, ...(await cachedBefore(url, { ...setup, purging: createPurging({ purges, tagging, after: null }) })) };
      }),
    );
    const [one, other] = both as [(typeof both)[0], (typeof both)[0]];
    const status = async (port: number, path: string): Promise<string> =>
      (await ask(port, get(path)).answer()).field("cache-status") ?? "";
    const isHit = async (port: number, path: string): Promise<boolean> => (await status(port, path)).startsWith("test; hit");
    for (const [index, path] of ["/a", "/b"].entries()) {
      const first = ask(one.port, get(path));
      (await held.arrived(index + 1)).send(ok(path, `Cache-Control: max-age=600\r\nSurrogate-Key: shelf${path}\r\n`));
      await first.answer();
      for (const { port } of both) await until("it is kept for both", () => isHit(port, path));
    }
    const { number } = one.purges;
    other.purges.purge([{ kind: "tag", name: "shelf/a", isSoft: false }]);
    const before = held.requests.length;
    const again = ask(other.port, get("/a"));
    (await held.arrived(before + 1)).send(ok("new", "Cache-Control: max-age=600\r\nSurrogate-Key: shelf/a\r\n"));
    expect((await again.answer()).field("cache-status")).toMatch(/^test; fwd=uri-miss/);
    await until("the other one knows", () => one.purges.number > number);
    expect(await isHit(one.port, "/b")).toBe(true);
    expect(await isHit(other.port, "/b")).toBe(true);
  });
});
