import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { describe, expect, it, onTestFinished } from "vitest";
import { built, running, startWorkers, type Workers } from "../../faults/gateway.ts";
import { sendRequest } from "../../harness/http-client.ts";
import { compiler, Program } from "../../harness/program.ts";
import { sampleEnvironment } from "../../harness/sample-environment.ts";
import { until } from "../../stores/support/redis-server.ts";

const adminKey = sampleEnvironment([]).ACME_KEY!;

const project = (purges: string, stores = "") => ({
  "gateway.yaml": `gateway: shop
compatibility: 2026-12-01
listeners:
  public: { host: 127.0.0.1, port: "\${env:PORT}" }
  admin: { host: 127.0.0.1, port: "\${env:ADMIN_PORT}", credentials: { operator: { key: { env: ACME_KEY } } } }
${stores}
cache: { purges: ${purges} }
services: { catalog: { endpoints: ["\${env:UPSTREAM}"] } }
apis: { catalog: { service: catalog, versions: { v1: { spec: openapi.yaml, policies: policies.yaml } } } }
`,
  "openapi.yaml": `openapi: 3.1.0
info: { title: Catalog, version: "1" }
paths:
  /products:
    get: { operationId: listProducts, responses: { "200": { description: Products } } }
    post: { operationId: importProducts, responses: { "204": { description: Imported } } }
  /products/{id}:
    parameters: [{ name: id, in: path, required: true, schema: { type: string } }]
    get: { operationId: getProduct, responses: { "200": { description: A product } } }
  /products/{id}/price:
    parameters: [{ name: id, in: path, required: true, schema: { type: string } }]
    put: { operationId: setPrice, responses: { "204": { description: Set } } }
`,
  "policies.yaml": `all: { public: "test" }
operations:
  listProducts: { cache: { ttl: 1h, tags: { fields: [Surrogate-Key], values: ["'products'"] } } }
  getProduct:
    cache: { ttl: 1h, staleWhileRevalidate: 1h, tags: { fields: [Surrogate-Key], values: ["'product-' + params.id"] } }
  setPrice: { cache: { purge: { tags: ["'product-' + params.id"], prefixes: ["'/products'"], soft: false } } }
  importProducts: { cache: { purge: { field: { name: Purge-Tags, from: [catalog] } } } }
`,
});

/** What each path has been answered, counted: a body says which answer it is. */
async function countingService(): Promise<string> {
  const counts = new Map<string, number>();
  const server = createServer((request: IncomingMessage, response: ServerResponse) => {
    const path = request.url!;
    const count = (counts.get(path) ?? 0) + 1;
    counts.set(path, count);
    // The clock of a gateway that is tested is another one.
    response.sendDate = false;
    const language = request.headers["accept-language"] ?? "any";
    if (request.method === "GET")
      response
        .writeHead(200, { Vary: "Accept-Language", "Surrogate-Key": `shelf-${path.at(-1)} every` })
        .end(`${language} ${count}`);
    else response.writeHead(204, { "Purge-Tags": "shelf-1, products" }).end();
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => void server.close());
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** On connections of its own, so that every worker is asked: what came, each once and sorted. */
async function answers(port: number, target: string, language = "en"): Promise<readonly string[]> {
  const headers = [["Accept-Language", language], ["Connection", "close"]] as const; // biome-ignore format: one line
  const given = Array.from({ length: 12 }, () => sendRequest(port, { method: "GET", target, headers, body: "" }));
  return (await Promise.all(given)).map(({ body, headers: fields }) => {
    expect(fields.map(([name]) => name.toLowerCase())).not.toContain("surrogate-key");
    return body;
  });
}

async function cli(admin: number, ...args: readonly string[]): Promise<{ readonly code: unknown; readonly output: string }> {
  const url = `http://127.0.0.1:${admin}`;
  const program = new Program(compiler, ["live", "purge", ...args, "--url", url, "--key-env", "ADMIN_KEY"], {
    env: { ADMIN_KEY: adminKey },
  });
  const { code, stdout, stderr } = await program.ended;
  return { code, output: stdout + stderr };
}

/** Both workers have what they keep. */
async function warm({ port }: Workers, target: string, language = "en"): Promise<readonly string[]> {
  let last: readonly string[] = [];
  await until("both workers keep it", async () => {
    const before = last;
    last = [...new Set(await answers(port, target, language))].sort();
    return before.length > 0 && before.join() === last.join();
  });
  return last;
}

async function purge(admin: number, body: object): Promise<{ readonly status: number; readonly body: string }> {
  const headers = [["Authorization", `Bearer ${adminKey}`], ["Content-Type", "application/json"]] as const; // biome-ignore format: one line
  return sendRequest(admin, { method: "POST", target: "/cache/purge", headers, body: JSON.stringify(body) });
}

describe("purging", () => {
  it("in two workers: an operator purges by tag, URL, prefix and all, in each variant; an operation by what its answers say", async () => {
    const workers = await startWorkers(await built(project("{}")), await countingService());
    const { port, admin } = workers;
    const [one, two] = ["/products/1", "/products/2"];
    let kept = new Map<string, readonly string[]>();
    const keep = async (): Promise<void> => {
      kept = new Map();
      for (const target of [one, two, "/products"]) kept.set(target, await warm(workers, target));
      kept.set("de", await warm(workers, one, "de"));
    };
    /** Which of what was kept is still served, and nothing else. */
    const left = async (): Promise<readonly string[]> => {
      const found: string[] = [];
      for (const [key, before] of kept) {
        const now = key === "de" ? await answers(port, one, "de") : await answers(port, key);
        if (now.every((body) => before.includes(body))) found.push(key);
        else if (now.some((body) => before.includes(body))) found.push(`${key} in one worker`);
      }
      return found;
    };
    /** What one worker purges, the other is told: some time later. */
    const leftSoon = async (expected: readonly string[]): Promise<void> => {
      let rounds = 0;
      await until(`only ${expected.join(" and ")} are left`, async () => {
        rounds = (await left()).join() === expected.join() ? rounds + 1 : 0;
        return rounds === 3;
      });
    };
    await keep();
    expect(await left()).toEqual([one, two, "/products", "de"]);
    // The whole answer of all variants: nginx_cache_purge#55.
    expect(await cli(admin, "tag", "product-1")).toMatchObject({ code: 0 });
    expect(await left()).toEqual([two, "/products"]);
    await keep();
    expect(JSON.parse((await purge(admin, { urls: [`http://127.0.0.1:${port}${one}`] })).body)).toEqual({
      purged: 1,
      answered: 2,
      asked: 2,
    });
    expect(await left()).toEqual([two, "/products"]);
    await keep();
    expect((await purge(admin, { tags: ["shelf-2", "products"] })).status).toBe(200);
    expect(await left()).toEqual([one, "de"]);
    await keep();
    expect(await cli(admin, "prefix", "/products")).toMatchObject({ code: 0 });
    expect(await left()).toEqual([]);
    await keep();
    expect(await cli(admin, "all")).toMatchObject({ code: 2, output: expect.stringContaining("--yes") });
    expect(await left()).toEqual([one, two, "/products", "de"]);
    expect(await cli(admin, "all", "--yes")).toMatchObject({ code: 0 });
    expect(await left()).toEqual([]);
    await keep();
    const imported = await sendRequest(port, { method: "POST", target: "/products", headers: [], body: "" });
    expect([imported.status, imported.headers.map(([name]) => name.toLowerCase()).includes("purge-tags")]).toEqual([204, false]);
    await leftSoon([two]);
    await keep();
    expect((await sendRequest(port, { method: "PUT", target: "/products/1/price", headers: [], body: "" })).status).toBe(204);
    await leftSoon([]);
  });

  it("softly leaves what is kept to be served while a newer one is fetched; what cannot be purged is refused", async () => {
    const { port, adminPort } = await running(await built(project("{}")), await countingService());
    const admin = adminPort!;
    const ask = async (): Promise<readonly [string, string | undefined]> => {
      const { body, headers } = await sendRequest(port, { method: "GET", target: "/products/7", headers: [], body: "" });
      return [body, headers.find(([name]) => name.toLowerCase() === "cache-status")?.[1]];
    };
    expect((await ask())[0]).toBe("any 1");
    expect(await cli(admin, "tag", "product-7", "--soft")).toMatchObject({ code: 0 });
    expect(await ask()).toEqual(["any 1", "shop; hit; ttl=0"]);
    await until("the newer one is there", async () => (await ask())[0] === "any 2");
    for (const [body, why] of [
      [{}, "Nothing to purge was named"],
      [{ urls: ["/a", "products"] }, "`urls[1]` is neither a URL nor a path that begins with a slash: `products`."],
      [
        { urls: ["users/@me"] },
        "`urls[0]` is neither a URL nor a path that begins with a slash: a text that may hold credentials.",
      ],
      [{ prefixes: ["/a?b"] }, "`prefixes[0]` is neither a URL without query nor a path that begins with a slash: `/a?b`."],
      [{ prefixes: ["/"] }, "write `all`"],
      [{ all: true, tags: ["a"] }, "stands alone"],
      [{ tag: "a" }, "tag"],
    ] as const)
      expect(await purge(admin, body)).toMatchObject({ status: 400, body: expect.stringContaining(why) });
    // Who asks has the password, and what logs answers of admin listeners has not.
    for (const wrong of [{ urls: ["http://user:hunter2@shop.example.com/"] }, { prefixes: ["user:hunter2@shop.example.com/"] }])
      expect(await purge(admin, wrong)).toMatchObject({ status: 400, body: expect.not.stringContaining("hunter2") });
    expect((await ask())[0]).toBe("any 2");
  });
});
