import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { setTimeout } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from "vitest";
import type { AnswerSpace } from "../../../runtime/caching/answer-store.ts";
import { MarkRounds } from "../../../runtime/caching/warming/mark-rounds.ts";
import { built, running } from "../../faults/gateway.ts";
import { sendRequest } from "../../harness/http-client.ts";
import { stillMonotonic } from "../../harness/still-clock.ts";
import { MemcachedServer } from "../../stores/support/memcached-server.ts";
import { until } from "../../stores/support/redis-server.ts";

let server: MemcachedServer;
beforeAll(async () => void (server = await MemcachedServer.start()));
afterAll(() => server.stop());

const project = (warm: string) => ({
  "gateway.yaml": `gateway: shop
compatibility: 2026-12-01
listeners: { public: { host: 127.0.0.1, port: "\${env:PORT}" } }
services: { catalog: { endpoints: ["\${env:UPSTREAM}"] } }
stores: { default: { memcached: { servers: ["\${env:MEMCACHED}"], timeout: 5s } } }
${warm}
routes:
  product: { match: { path: "/products/{id}" }, service: catalog, policies: { public: a test, cache: { ttl: 1h } } }
`,
});

/** Says how often it was asked for each path. */
async function catalog(): Promise<{ readonly url: string; count(path: string): number }> {
  const asked: string[] = [];
  const service = createServer(({ url, method }, response) => {
    response.sendDate = false;
    if (method === "GET") asked.push(url!);
    response.end(`${asked.filter((one) => one === url).length}`);
  });
  await new Promise<void>((resolve) => service.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => {
    service.closeAllConnections();
    service.close();
  });
  return {
    url: `http://127.0.0.1:${(service.address() as AddressInfo).port}`,
    count: (path) => asked.filter((one) => one === path).length,
  };
}

const ask = (port: number, method: string, target: string) =>
  sendRequest(port, {
    method,
    target,
    headers: [
      ["Host", "shop.example.com"],
      ["Connection", "close"],
    ],
    body: "",
  });

describe("with answers in Memcached", () => {
  it("what another instance changes is fetched again, though nobody tells of it", async () => {
    const { url, count } = await catalog();
    const warm =
      "cache: { warm: { urls: ['http://shop.example.com/products/1', 'http://shop.example.com/products/2'], rate: 1000/s } }";
    const environment = { MEMCACHED: server.address };
    const { advance } = await running(await built(project(warm)), url, environment);
    const { port: other } = await running(await built(project("")), url, environment);
    await until("both are warm", async () => count("/products/1") + count("/products/2") === 2);
    expect((await ask(other, "GET", "/products/1")).body).toBe("1");
    await until("what was changed is fetched again", async () => {
      // What is changed before the first round is nothing that another one differs from.
      await ask(other, "GET", "/products/1");
      await advance(6_000);
      // Time for a look, mostly: nobody says when a round is over. Without it, it is tried again.
      await setTimeout(600);
      const before = count("/products/1");
      expect((await ask(other, "PUT", "/products/1")).status).toBe(200);
      await advance(6_000);
      // Nobody but the one who warms asks for it.
      for (let look = 0; look < 30 && count("/products/1") === before; look++) await setTimeout(100);
      return count("/products/1") === before + 1;
    });
    expect((await ask(other, "GET", "/products/1")).body).toBe(String(count("/products/1")));
    expect(count("/products/2")).toBe(1);
  });
});

describe("a round of marks", () => {
  function space(marks: ReadonlyMap<string, string | null | { readonly failed: string }>) {
    const asked: string[] = [];
    const made = {
      markOf: (base: string) => {
        asked.push(base);
        return Promise.resolve(marks.get(base) ?? null);
      },
    } as unknown as AnswerSpace;
    return { made, asked };
  }

  it("takes fifty at a time, and begins anew after five seconds", async () => {
    const { pass } = stillMonotonic();
    const bases = Array.from({ length: 120 }, (_, index) => `//shop/${index}`);
    const { made, asked } = space(new Map(bases.map((base) => [base, "a"])));
    const rounds = new MarkRounds(
      () => [made],
      () => expect.unreachable(),
    );
    // No turn looks at more of them than it takes.
    let taken = 0;
    function* followed(): Generator<string> {
      for (const base of bases) {
        taken++;
        yield base;
      }
    }
    for (const count of [50, 100, 120, 120]) {
      await rounds.go(followed);
      expect([asked.length, taken]).toEqual([count, count]);
    }
    pass(5_001);
    await rounds.go(followed);
    expect(asked.length).toBe(170);
  });

  it("tells of marks that are gone or others, not of first ones, nor of those that nobody could read", async () => {
    const { pass } = stillMonotonic();
    const marks = new Map<string, string | null | { readonly failed: string }>([["b", "1"], ["c", "1"], ["d", "1"]]); // biome-ignore format: one line
    const told: string[] = [];
    const { made } = space(marks);
    const rounds = new MarkRounds(
      () => [made],
      (base) => told.push(base),
    );
    const round = async (): Promise<readonly string[]> => {
      pass(5_001);
      for (let turn = 0; turn < 2; turn++) await rounds.go(() => ["a", "b", "c", "d"]);
      return told.splice(0).sort();
    };
    expect(await round()).toEqual([]);
    marks.set("a", "1").set("b", "2").set("c", { failed: "the server is down" });
    marks.delete("d");
    expect(await round()).toEqual(["b", "d"]);
    marks.set("a", "2").set("c", "1").set("d", "2");
    expect(await round()).toEqual(["a"]);
    // Somebody else looked meanwhile.
    rounds.forget();
    marks.set("a", "3");
    expect(await round()).toEqual([]);
  });
});
