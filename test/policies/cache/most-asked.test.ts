import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { setTimeout } from "node:timers/promises";
import { describe, expect, it, onTestFinished } from "vitest";
import { built, metricsOf, running, startWorkers, workersOf } from "../../faults/gateway.ts";
import { sendRequest } from "../../harness/http-client.ts";
import { gatewright, Program } from "../../harness/program.ts";
import { sampleEnvironment } from "../../harness/sample-environment.ts";
import { temporaryFolder } from "../../harness/temporary-folder.ts";
import { RedisServer, until } from "../../stores/support/redis-server.ts";

const adminKey = sampleEnvironment([]).ACME_KEY!;

interface Project {
  readonly warm?: string;
  readonly stores?: string;
  readonly purges?: string;
  readonly cache?: string;
  readonly listener?: string;
}

const project = ({
  warm = "{ mostAsked: 10, rate: 1000/s }",
  stores = "",
  purges = "{}",
  cache = "",
  listener = "",
}: Project) => ({
  "gateway.yaml": `gateway: shop
compatibility: 2026-12-01
listeners:
  public: { host: 127.0.0.1, port: "\${env:PORT}"${listener} }
  admin: { host: 127.0.0.1, port: "\${env:ADMIN_PORT}", credentials: { operator: { key: { env: ACME_KEY } } } }
${stores}
identity: { schemes: { key: { apiKey: { keys: { acme: { key: { env: ACME_KEY } } } } } } }
apis: { shop: { service: catalog, versions: { v1: { spec: openapi.yaml, policies: policies.yaml } } } }
cache: { purges: ${purges}, warm: ${warm} }
services: { catalog: { endpoints: ["\${env:UPSTREAM}"], timeout: { connect: 1s } } }
`,
  "openapi.yaml": `openapi: 3.1.0
info: { title: Shop, version: "1" }
servers: [{ url: / }]
components: { securitySchemes: { key: { type: apiKey, in: header, name: X-Api-Key } } }
security: []
paths:
  /products/{id}:
    parameters: [{ name: id, in: path, required: true, schema: { type: string } }]
    get: { operationId: getProduct, responses: { "200": { description: Product } } }
    put: { operationId: putProduct, responses: { "204": { description: Changed } } }
  /regions/{id}:
    parameters: [{ name: id, in: path, required: true, schema: { type: string } }]
    get: { operationId: getRegion, responses: { "200": { description: Region } } }
  /news:
    get: { operationId: getNews, security: [{}, { key: [] }], responses: { "200": { description: News } } }
  /bare:
    get: { operationId: getBare, responses: { "200": { description: Bare } } }
  /own:
    get: { operationId: getOwn, security: [{ key: [] }], responses: { "200": { description: Own } } }
`,
  "policies.yaml": `all: { metrics: {} }
operations:
  getProduct: { public: test, cache: { ttl: 1h, tags: { values: ["'product-' + params.id"] }${cache} } }
  putProduct: { public: test }
  getRegion: { public: test, cache: { ttl: 1h${cache}, key: ["request.headers['x-region']"] } }
  getNews: { public: test, cache: { ttl: 1h${cache}, shared: the news are the same for all } }
  getBare: { public: test, cache: { ttl: 1h${cache}, fields: [Accept-Language] } }
  getOwn: { cache: { ttl: 1h${cache}, key: [identity.subject] } }
`,
});

/** Says how often it was asked for each path, by whom. */
class Catalog {
  readonly asked: string[] = [];
  readonly credentials: string[] = [];

  async start(): Promise<string> {
    const server: Server = createServer(({ url, method, headers }, response) => {
      response.sendDate = false;
      if (method !== "GET") {
        response.writeHead(204).end();
        return;
      }
      this.asked.push(url!);
      if (headers.cookie !== undefined) this.credentials.push(headers.cookie);
      response.end(`${url} ${this.count(url!)}`);
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    onTestFinished(() => {
      server.closeAllConnections();
      server.close();
    });
    return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  }

  count(path: string): number {
    return this.asked.filter((one) => one === path).length;
  }
}

type Fields = readonly (readonly [string, string])[];

const ask = (port: number, target: string, fields: Fields = [], method = "GET") =>
  sendRequest(port, { method, target, headers: [["Host", "shop.example.com"], ["Connection", "close"], ...fields], body: "" });

/** Asks so often that it is served out of the cache. */
async function often(port: number, target: string, fields: Fields = [], times = 5): Promise<void> {
  for (let time = 0; time < times; time++) expect((await ask(port, target, fields)).status).toBe(200);
}

async function purge(admin: number, body: object = { all: true }): Promise<void> {
  const headers = [["Authorization", `Bearer ${adminKey}`], ["Content-Type", "application/json"]] as const; // biome-ignore format: one line
  expect((await sendRequest(admin, { method: "POST", target: "/cache/purge", headers, body: JSON.stringify(body) })).status).toBe(200); // biome-ignore format: one line
}

async function warmed(admin: number): Promise<Readonly<Record<string, number>>> {
  const found = [...(await metricsOf(admin)).matchAll(/^gatewright_cache_warmed_total\{.*?outcome="(\w+)".*?\} (\d+)$/gm)];
  const counts: Record<string, number> = {};
  for (const [, outcome, value] of found) counts[outcome!] = (counts[outcome!] ?? 0) + Number(value);
  return counts;
}

const figure = async (admin: number, pattern: RegExp): Promise<number> => Number(pattern.exec(await metricsOf(admin))?.[1]);

async function statusOf(admin: number): Promise<string> {
  const headers = [["Authorization", `Bearer ${adminKey}`]] as const;
  return (await sendRequest(admin, { method: "GET", target: "/status", headers, body: "" })).body;
}

/** How many URLs the group knows to be asked for. */
const known = async (admin: number): Promise<number> =>
  Math.max(...[...(await statusOf(admin)).matchAll(/"known":(\d+)/g)].map(([, count]) => Number(count)));

const isKnown = (admin: number, count: number): Promise<void> =>
  until(`${count} are known to be asked for`, async () => (await known(admin)) === count);

const isHit = async (port: number, target: string): Promise<boolean> =>
  /; hit; /.test((await ask(port, target)).headers.find(([name]) => name.toLowerCase() === "cache-status")?.[1] ?? "");

describe("what is asked for most", () => {
  it("is fetched again after a purge of it, and nothing that says who asks or that clients make up", async () => {
    const catalog = new Catalog();
    const upstream = await catalog.start();
    const { port, adminPort } = await running(await built(project({})), upstream);
    const key = ["X-Api-Key", adminKey] as const;
    await often(port, "/products/1");
    await often(port, "/products/2?page=1");
    // Once, and so not out of the cache.
    await often(port, "/products/once", [], 1);
    await often(port, "/products/cookie", [["Cookie", "session=secret"]]);
    await often(port, "/products/token", [["Authorization", "Bearer secret"]]);
    await often(port, "/news", [key]);
    await often(port, "/own", [key]);
    await often(port, `/products/${"long".repeat(80)}`);
    // The service does not get it.
    await often(port, "/bare", [["Cookie", "session=secret"]]);
    // Its key has what only a client knows.
    await often(port, "/regions/1", [["X-Region", "eu"]]);
    await isKnown(adminPort!, 4);
    const before = catalog.asked.length;
    await purge(adminPort!);
    await until("they are warmed", async () => (await warmed(adminPort!)).stored === 3 && (await warmed(adminPort!)).apart === 1);
    expect(catalog.asked.slice(before).sort()).toEqual(["/bare", "/products/1", "/products/2?page=1"]);
    expect(catalog.credentials.every((cookie) => cookie === "session=secret")).toBe(true);
    expect(await isHit(port, "/products/2?page=1")).toBe(true);
    expect(await figure(adminPort!, /^gatewright_cache_warm_urls\{source="mostAsked"\} (\d+)$/m)).toBe(4);
    // What a purge did not hit is not fetched.
    await purge(adminPort!, { tags: ["product-1"] });
    await until("it is warmed", async () => (await warmed(adminPort!)).stored === 4);
    expect(catalog.count("/products/1")).toBe(3);
    expect(catalog.asked).toHaveLength(before + 4);
  });

  it("behind a proxy that is trusted, a host that a client made up is never warmed", async () => {
    const catalog = new Catalog();
    const upstream = await catalog.start();
    const warm = "{ mostAsked: 10, rate: 1000/s, fields: [{ X-Forwarded-Proto: https }] }";
    const { port, adminPort } = await running(await built(project({ warm, listener: ", trustedProxies: [127.0.0.1]" })), upstream); // biome-ignore format: one line
    const proxied = [["X-Forwarded-For", "192.0.2.7"], ["X-Forwarded-Proto", "https"]] as const; // biome-ignore format: one line
    await often(port, "/products/1", proxied);
    await often(port, "/products/2", [...proxied, ["X-Forwarded-Host", "evil.example"]]);
    await isKnown(adminPort!, 2);
    await purge(adminPort!);
    await until("it is warmed", async () => (await warmed(adminPort!)).apart === 1 && (await warmed(adminPort!)).stored === 1);
    expect([catalog.count("/products/1"), catalog.count("/products/2")]).toEqual([2, 1]);
  });

  it("does not build where nothing can be warmed", async () => {
    const files = project({});
    const policies = files["policies.yaml"].replaceAll(/cache: \{ ttl: 1h/g, `cache: { when: "request.method == 'GET'", ttl: 1h`);
    await expect(built({ ...files, "policies.yaml": policies })).rejects.toThrow(
      /warm-asked-nothing: .*has a `cache` with `when`/,
    );
    const { stdout } = await gatewright(["explain", "GET https://shop.example.com/products/1"], { cwd: temporaryFolder(files) });
    expect(stdout).toMatch(/^warming +of URLs that cache\.warm lists and of those asked most, by each process$/m);
  });
});

describe("two workers", () => {
  it("know together what each was asked for, and so does one that takes the place of another", async () => {
    const catalog = new Catalog();
    const { port, admin } = await startWorkers(await built(project({})), await catalog.start());
    // Connections are spread over the workers.
    await often(port, "/products/1", [], 12);
    await often(port, "/products/2", [], 12);
    await isKnown(admin, 2);
    await purge(admin);
    await until("both workers have them", async () => (await warmed(admin)).stored === 4);
    // The one that is killed takes its cache along.
    const before = [catalog.count("/products/1"), catalog.count("/products/2")];
    const [victim] = await workersOf(admin);
    process.kill(victim!, "SIGKILL");
    await until("another one has warmed them in its place", () => catalog.count("/products/2") > before[1]!);
    await until("it serves", async () => (await workersOf(admin)).length === 2);
    expect(await workersOf(admin)).not.toContain(victim);
    expect([catalog.count("/products/1"), catalog.count("/products/2")]).toEqual(before.map((count) => count + 1));
  });
});

const stores = (redis: RedisServer): string =>
  `stores: { default: { memory: {} }, shared: { redis: { url: "redis://127.0.0.1:${redis.port}" } } }`;

describe("with a store", () => {
  it("what was asked for outlives the instance, also one that was killed", async () => {
    const redis = await RedisServer.start();
    onTestFinished(() => redis.end());
    const catalog = new Catalog();
    const upstream = await catalog.start();
    const out = await built(project({ stores: stores(redis), warm: "{ mostAsked: 10, rate: 1000/s, store: shared }" }));
    const { port, admin, program } = await startWorkers(out, upstream);
    await often(port, "/products/1", [], 12);
    await isKnown(admin, 1);
    await until("it is written", async () => JSON.stringify(await redis.ask("keys", "*")).includes("most-asked"));
    await program.stop("SIGKILL");
    const before = catalog.asked.length;
    const again = await startWorkers(out, upstream);
    await until("both workers of the new one have it", async () => (await warmed(again.admin)).stored === 2);
    expect(catalog.asked.slice(before)).toEqual(["/products/1", "/products/1"]);
    expect(await isHit(again.port, "/products/1")).toBe(true);
  });

  it("one of several instances warms what they share, and another one when it is gone", async () => {
    const redis = await RedisServer.start();
    onTestFinished(() => redis.end());
    const catalog = new Catalog();
    const upstream = await catalog.start();
    const warm = "{ mostAsked: 10, rate: 1000/s, store: shared, urls: ['https://shop.example.com/products/listed'] }"; // biome-ignore format: one line
    const out = await built(project({ stores: stores(redis), cache: ", store: shared", purges: "{ store: shared, onStoreFailure: serve }", warm })); // biome-ignore format: one line
    const first = await startWorkers(out, upstream);
    await until("it is warm", async () => (await warmed(first.admin)).stored === 1);
    const second = await startWorkers(out, upstream);
    await often(second.port, "/products/1");
    await isKnown(second.admin, 1);
    await purge(first.admin);
    await until("it warms the list", async () => ((await warmed(first.admin)).stored ?? 0) >= 2);
    expect(Object.values(await warmed(second.admin)).reduce((sum, count) => sum + count, 0)).toBe(0);
    // A change that comes through the other one is followed by the one that warms.
    const asked = catalog.count("/products/listed");
    await until("it follows the list", async () => /"followed":[12]/.test(await statusOf(first.admin)));
    expect((await ask(second.port, "/products/listed", [], "PUT")).status).toBe(204);
    await until("it warms what has changed", () => catalog.count("/products/listed") > asked);
    expect(Object.values(await warmed(second.admin)).reduce((sum, count) => sum + count, 0)).toBe(0);
    await first.program.stop("SIGKILL");
    const before = (await warmed(second.admin)).stored ?? 0;
    await purge(second.admin);
    await until("the other one warms", async () => ((await warmed(second.admin)).stored ?? 0) > before);
    expect(await isHit(second.port, "/products/1")).toBe(true);
  });
});

describe("what changes", () => {
  it("is fetched again, once for many changes, and what is not warmed is not", async () => {
    const catalog = new Catalog();
    const upstream = await catalog.start();
    const warm = "{ mostAsked: 10, rate: 1000/s, urls: ['http://shop.example.com/products/listed'] }";
    const { port } = await startWorkers(await built(project({ warm })), upstream);
    await often(port, "/products/1", [], 12);
    const change = async (id: string): Promise<void> =>
      void expect((await ask(port, `/products/${id}`, [], "PUT")).status).toBe(204);
    // As soon as both have heard of it, a change makes both of them fetch it.
    await until("both workers follow what is asked for most", async () => {
      const before = catalog.count("/products/1");
      await change("1");
      for (let look = 0; look < 40 && catalog.count("/products/1") < before + 2; look++) await setTimeout(50);
      return catalog.count("/products/1") === before + 2;
    });
    const before = catalog.count("/products/listed");
    for (const id of ["listed", "other"]) await change(id);
    await until("both workers have it again", () => catalog.count("/products/listed") === before + 2);
    expect(catalog.count("/products/other")).toBe(0);
    expect(await isHit(port, "/products/listed")).toBe(true);
    // A storm of writes.
    const calm = catalog.count("/products/1");
    const since = performance.now();
    for (let round = 0; round < 20; round++) await Promise.all(Array.from({ length: 20 }, () => change("1")));
    const seconds = (performance.now() - since) / 1000;
    // Pauses of 0.25, 0.5, 1 and 2 s, in each of two workers.
    expect(catalog.count("/products/1") - calm).toBeLessThanOrEqual(2 * (3 + Math.ceil(Math.log2(1 + seconds / 0.25))));
    await until("what was written last is there", async () => await isHit(port, "/products/1"));
  });
});

describe("the file", () => {
  it("is followed, and one that is of no use leaves the list as it was", async () => {
    const { writeFileSync } = await import("node:fs");
    const catalog = new Catalog();
    const upstream = await catalog.start();
    const url = (id: string): string => `http://shop.example.com/products/${id}\n`;
    const folder = temporaryFolder({ "warm.txt": url("1") });
    const out = await built(project({ warm: "{ file: warm.txt, rate: 1000/s }" }));
    const program = new Program(`${out}/gateway.mjs`, [], { env: sampleEnvironment([upstream]), cwd: folder });
    onTestFinished(async () => void (await program.stop("SIGKILL")));
    const [, , admin] = await program.until(
      /listens on http:\/\/127\.0\.0\.1:(\d+), admin on http:\/\/127\.0\.0\.1:(\d+)/,
      "stderr",
    );
    const port = Number(admin);
    await until("it is warm", () => catalog.count("/products/1") === 1);
    writeFileSync(`${folder}/warm.txt`, url("1") + url("2"));
    await until("what is new is warm", () => catalog.count("/products/2") === 1);
    expect(catalog.count("/products/1")).toBe(1);
    writeFileSync(`${folder}/warm.txt`, "\u0000\u0001 nonsense\n");
    const outdated = /^gatewright_cache_warm_list_outdated (\d)$/m;
    await until("it is told", async () => (await figure(port, outdated)) === 1);
    await program.until(/files cannot be used.*has no URL whose answers are kept for everybody, one a line: write the list there.*what was there before stays in force/, "stderr"); // biome-ignore format: one line
    expect(await figure(port, /^gatewright_cache_warm_urls\{source="list"\} (\d+)$/m)).toBe(2);
    await purge(port);
    await until("the list of before is warmed", () => catalog.count("/products/1") === 2 && catalog.count("/products/2") === 2);
    writeFileSync(`${folder}/warm.txt`, url("3"));
    await until("it is good again", async () => (await figure(port, outdated)) === 0 && catalog.count("/products/3") === 1);
    expect(await figure(port, /^gatewright_cache_warm_urls\{source="list"\} (\d+)$/m)).toBe(1);
  });
});
