import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { describe, expect, it, onTestFinished } from "vitest";
import { built, metricsOf, running, startWorkers } from "../../faults/gateway.ts";
import { sendRequest } from "../../harness/http-client.ts";
import { gatewright, Program } from "../../harness/program.ts";
import { sampleEnvironment } from "../../harness/sample-environment.ts";
import { temporaryFolder } from "../../harness/temporary-folder.ts";
import { RedisServer, until } from "../../stores/support/redis-server.ts";

const adminKey = sampleEnvironment([]).ACME_KEY!;

const project = (warm: string, more = "", purges = "{}") => ({
  "gateway.yaml": `gateway: shop
compatibility: 2026-12-01
listeners:
  public: { host: 127.0.0.1, port: "\${env:PORT}" }
  admin: { host: 127.0.0.1, port: "\${env:ADMIN_PORT}", credentials: { operator: { key: { env: ACME_KEY } } } }
${more}
cache: { purges: ${purges}, warm: ${warm} }
services: { catalog: { endpoints: ["\${env:UPSTREAM}"], timeout: { connect: 1s } }, other: { endpoints: [http://127.0.0.1:9] } }
policies: { public: "test", metrics: {}, accessLog: {}, rateLimit: { limit: 3/h }, requestId: {} }
routes:
  product:
    match: { path: "/products/{id}", methods: [GET] }
    service: catalog
    policies: { cache: { ttl: 1h, staleWhileRevalidate: 1h, tags: { values: ["'product-' + params.id"] } } }
  now: { match: { path: /now, methods: [GET] }, service: catalog }
`,
});

const identity = "identity: { schemes: { key: { apiKey: { in: header, name: X-Key, file: keys.json } } } }\n";

const url = (id: string): string => `https://shop.example.com/products/${id}`;
const listed = (...ids: readonly string[]): string => `[${ids.map((id) => `"${url(id)}"`).join(", ")}]`;

/** A service that says how often each path was asked for, and may hold its answers back. */
class Catalog {
  readonly asked: string[] = [];
  /** Answers wait for it. */
  gate: Promise<void> = Promise.resolve();
  status = 200;
  #server: Server | undefined = undefined;

  async start(): Promise<string> {
    const server = createServer((request, response) => void this.#answer(request, response));
    this.#server = server;
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    onTestFinished(() => {
      server.closeAllConnections();
      server.close();
    });
    return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  }

  async #answer({ url: path, headers }: IncomingMessage, response: ServerResponse): Promise<void> {
    this.asked.push(`${headers["accept-language"] ?? ""}${path}`);
    const count = this.count(path!);
    await this.gate;
    response.sendDate = false;
    response.writeHead(this.status, { Vary: "Accept-Language" }).end(`${path} ${count}`);
  }

  count(path: string): number {
    return this.asked.filter((one) => one.endsWith(path)).length;
  }

  close(): void {
    this.#server!.closeAllConnections();
    this.#server!.close();
  }
}

const get = (port: number, id: string, fields: readonly (readonly [string, string])[] = []) =>
  sendRequest(port, {
    method: "GET",
    target: `/products/${id}`,
    headers: [["Host", "shop.example.com"], ...fields],
    body: "",
  });

const statusOf = ({ headers }: Awaited<ReturnType<typeof get>>): string | undefined =>
  headers.find(([name]) => name.toLowerCase() === "cache-status")?.[1];

async function purge(admin: number, body: object): Promise<number> {
  const headers = [["Authorization", `Bearer ${adminKey}`], ["Content-Type", "application/json"]] as const; // biome-ignore format: one line
  return (await sendRequest(admin, { method: "POST", target: "/cache/purge", headers, body: JSON.stringify(body) })).status;
}

/** What became of what is listed, in all processes. */
async function warmed(admin: number): Promise<Readonly<Record<string, number>>> {
  const metrics = await metricsOf(admin);
  const found = [...metrics.matchAll(/^gatewright_cache_warmed_total\{.*?outcome="(\w+)".*?\} (\d+)$/gm)];
  const counts: Record<string, number> = {};
  for (const [, outcome, value] of found) counts[outcome!] = (counts[outcome!] ?? 0) + Number(value);
  return counts;
}

/** Resolves when so many URLs came to such an end. */
const soon = (admin: number, expected: Readonly<Record<string, number>>): Promise<void> =>
  until(`warmed is ${JSON.stringify(expected)}`, async () => {
    const counts = await warmed(admin);
    return Object.entries(expected).every(([outcome, count]) => counts[outcome] === count);
  });

const readiness = async (admin: number): Promise<number> =>
  (await sendRequest(admin, { method: "GET", target: "/readyz", headers: [], body: "" })).status;

describe("warming", () => {
  it("fetches what is listed before anybody asks, in each variant, and counts and logs no request of a client", async () => {
    const catalog = new Catalog();
    const out = await built(
      project(`{ urls: ${listed("1", "2")}, fields: [{ Accept-Language: en }, { Accept-Language: de }], rate: 1000/s }`),
    );
    const { port, adminPort, log } = await running(out, await catalog.start());
    await soon(adminPort!, { stored: 4 });
    expect([...catalog.asked].sort()).toEqual(["de/products/1", "de/products/2", "en/products/1", "en/products/2"]);
    const metrics = await metricsOf(adminPort!);
    expect(metrics).toMatch(/^gatewright_cache_requests_total\{operation="routes.product",outcome="miss"\} 0$/m);
    // Three requests pass the limit: nobody else was counted.
    for (const language of ["en", "de", "en"])
      expect(statusOf(await get(port, "1", [["Accept-Language", language]]))).toMatch(/; hit; /);
    expect((await get(port, "1")).status).toBe(429);
    expect(catalog.asked).toHaveLength(4);
    await until("the requests are logged", () => log.left.length >= 4);
    expect(log.left.map((line) => (JSON.parse(line) as { readonly status: number }).status)).toEqual([200, 200, 200, 429]);
  });

  it("fetches again what a purge made useless or stale, and nothing else", async () => {
    const catalog = new Catalog();
    const out = await built(project(`{ urls: ${listed("1", "2", "3")}, rate: 1000/s }`));
    const { port, adminPort } = await running(out, await catalog.start());
    await soon(adminPort!, { stored: 3 });
    expect(await purge(adminPort!, { tags: ["product-1"] })).toBe(200);
    await soon(adminPort!, { stored: 4, fresh: 2 });
    expect(await purge(adminPort!, { tags: ["product-2"], soft: true })).toBe(200);
    await soon(adminPort!, { stored: 5, fresh: 4 });
    expect(["1", "2", "3"].map((id) => catalog.count(`/products/${id}`))).toEqual([2, 2, 1]);
    const answers = await Promise.all(["1", "2", "3"].map((id) => get(port, id)));
    expect(answers.map(({ body }) => body)).toEqual(["/products/1 2", "/products/2 2", "/products/3 1"]);
    expect(answers.map(statusOf)).toEqual([expect.stringMatching(/; hit; /), expect.stringMatching(/; hit; /), expect.stringMatching(/; hit; /)]); // biome-ignore format: one line
  });

  it("a client who asks while a URL is being warmed waits for that fetch", async () => {
    const catalog = new Catalog();
    let open = (): void => {};
    catalog.gate = new Promise((resolve) => (open = resolve));
    const out = await built(project(`{ urls: ${listed("1")}, rate: 1000/s, readyAfter: 20s }`));
    const { port, adminPort } = await running(out, await catalog.start());
    await until("the service is asked", () => catalog.asked.length === 1);
    // Not before the first pass is over, or the time for it.
    expect(await readiness(adminPort!)).toBe(503);
    const client = get(port, "1");
    await until("the client waits", async () =>
      /^gatewright_requests_in_flight\{.*operation="routes.product".*\} 1$/m.test(await metricsOf(adminPort!)),
    );
    open();
    expect(await client).toMatchObject({ status: 200, body: "/products/1 1" });
    await until("it is ready", async () => (await readiness(adminPort!)) === 200);
    expect(catalog.asked).toHaveLength(1);
  });

  it("each of two workers warms what it keeps", async () => {
    const catalog = new Catalog();
    const { port, admin } = await startWorkers(
      await built(project(`{ urls: ${listed("1", "2")}, rate: 1000/s }`)),
      await catalog.start(),
    );
    await soon(admin, { stored: 4 });
    expect(["1", "2"].map((id) => catalog.count(`/products/${id}`))).toEqual([2, 2]);
    expect(await purge(admin, { all: true })).toBe(200);
    await soon(admin, { stored: 8 });
    expect(statusOf(await get(port, "1", [["Connection", "close"]]))).toMatch(/; hit; /);
  });

  it("a service that is down at the start is asked again by the next pass only, and one line says how it went", async () => {
    const catalog = new Catalog();
    const upstream = await catalog.start();
    catalog.status = 503;
    const out = await built(project(`{ urls: ${listed("1?page=1&access_token=secret", "2")}, rate: 1000/s, concurrency: 1 }`));
    const { port, adminPort, process, advance } = await running(out, upstream);
    let lines = "";
    process.stderr!.on("data", (text: Buffer) => (lines += text.toString()));
    await soon(adminPort!, { failed: 2 });
    expect(catalog.asked).toHaveLength(2);
    await until("it is told", () => lines.includes("but not with all that is listed"));
    // What clients ask for most is what they wrote: the line has no more of it than one of the access log.
    expect(lines).toContain(
      '"because":"start","failed":2,"example":"https://shop.example.com/products/1?page=1&access_token=[redacted]"',
    );
    catalog.status = 200;
    expect(await purge(adminPort!, { all: true })).toBe(200);
    await soon(adminPort!, { failed: 2, stored: 2 });
    expect(statusOf(await get(port, "2"))).toMatch(/; hit; /);
    expect(lines.match(/"the cache was warmed/g)).toHaveLength(2);
    // One that cannot be reached at all.
    catalog.close();
    await advance(1_000);
    expect(await purge(adminPort!, { tags: ["product-1"] })).toBe(200);
    await soon(adminPort!, { failed: 3 });
    expect(await readiness(adminPort!)).toBe(200);
  });

  it("reads a file, and tells the lines that it cannot use", async () => {
    const catalog = new Catalog();
    const folder = temporaryFolder({
      "warm.txt": `# ours\n${url("1")}\n\nnonsense\nhttps://shop.example.com/now\n${url("2")}\r\nhttps://shop.example.com/none\nhttps://shop.example.com:99999/products/1\n`,
    });
    const out = await built(project("{ file: warm.txt, rate: 1000/s }"));
    const program = new Program(`${out}/gateway.mjs`, [], { env: sampleEnvironment([await catalog.start()]), cwd: folder });
    onTestFinished(async () => void (await program.stop("SIGKILL")));
    const told = await program.until(/the cache was warmed.*"stored":2\}/, "stderr");
    expect([...catalog.asked].sort()).toEqual(["/products/1", "/products/2"]);
    const lines = [...told.input.matchAll(/"file":"warm.txt","line":(\d+)/g)].map(([, line]) => line);
    expect(lines).toEqual(["4", "5", "7", "8"]);
  });

  it("a file that is not there keeps nobody from being served, and the log says what to do", async () => {
    const catalog = new Catalog();
    const out = await built(project("{ file: nowhere.txt, readyAfter: 20s }"));
    const program = new Program(`${out}/gateway.mjs`, [], { env: sampleEnvironment([await catalog.start()]), cwd: out });
    onTestFinished(async () => void (await program.stop("SIGKILL")));
    const [, port, admin] = await program.until(/listens on http:\/\/127\.0\.0\.1:(\d+), admin on http:\/\/127\.0\.0\.1:(\d+)/, "stderr"); // biome-ignore format: one line
    await program.until(/nowhere\.txt cannot be read: it does not exist\. Mount it there/, "stderr");
    await until("it is ready", async () => (await readiness(Number(admin))) === 200);
    expect((await get(Number(port), "1")).status).toBe(200);
  });

  it("behind a proxy that is trusted, an answer is for requests with the fields that the proxy sends", async () => {
    const catalog = new Catalog();
    const files = project(`{ urls: ${listed("1")}, fields: [{ X-Forwarded-Proto: https }] }`)["gateway.yaml"];
    const out = await built({ "gateway.yaml": files.replace("public: { host", "public: { trustedProxies: [127.0.0.1], host") });
    const { port, adminPort } = await running(out, await catalog.start());
    await soon(adminPort!, { stored: 1 });
    const from = ["X-Forwarded-For", "192.0.2.7"] as const;
    expect(statusOf(await get(port, "1", [["X-Forwarded-Proto", "https"], from]))).toMatch(/; hit; /);
    expect(statusOf(await get(port, "1", [["X-Forwarded-Proto", "http"], from]))).toMatch(/fwd=uri-miss/);
  });

  it("one of several processes warms what they share", async () => {
    const redis = await RedisServer.start();
    onTestFinished(() => redis.end());
    const catalog = new Catalog();
    const stores = `stores: { default: { memory: {} }, shared: { redis: { url: "redis://127.0.0.1:${redis.port}" } } }`;
    const files = project(`{ urls: ${listed("1", "2", "3")}, rate: 1000/s }`, stores, "{ store: shared, onStoreFailure: serve }");
    const shared = files["gateway.yaml"].replace("cache: { ttl: 1h,", "cache: { store: shared, ttl: 1h,");
    const { port, admin } = await startWorkers(await built({ "gateway.yaml": shared }), await catalog.start());
    await soon(admin, { stored: 3 });
    expect(statusOf(await get(port, "3"))).toMatch(/; hit; /);
    expect(await purge(admin, { tags: ["product-2"] })).toBe(200);
    await soon(admin, { stored: 4, fresh: 2, failed: 0 });
    expect(["1", "2", "3"].map((id) => catalog.count(`/products/${id}`))).toEqual([1, 2, 1]);
  });

  it("explains who warms an operation, and does not build for a URL whose answer is not for everybody", async () => {
    const file = project(`{ urls: ${listed("1")} }`)["gateway.yaml"];
    const folder = temporaryFolder({ "gateway.yaml": file });
    const { stdout } = await gatewright(["explain", "GET https://shop.example.com/products/1", `${folder}/gateway.yaml`]);
    expect(stdout).toMatch(/^warming +of URLs that cache\.warm lists, by each process$/m);
    const more = "cache: { ttl: 1h,";
    const wrong: readonly (readonly [from: string, to: string, why: RegExp])[] = [
      [more, `cache: { when: "request.method == 'GET'", ttl: 1h,`, /warm-unfit: .*`product` has a `cache` with `when`/],
      [more, `split: { to: { other: 5% } }, ${more}`, /warm-unfit: .*`product` is divided by `split`/],
      [more, `security: [{ key: [] }], cache: { shared: "all see it", ttl: 1h,`, /warm-unfit: .*`product` needs credentials/], // biome-ignore format: one line
      [listed("1"), '["https://shop.example.com/now"]', /warm-unfit: .*`now` has no `cache`/],
      [listed("1"), '["https://shop.example.com/products/a//b"]', /warm-unmatched/],
    ];
    for (const [from, to, why] of wrong)
      await expect(built({ "gateway.yaml": `${file.replace(from, to)}${identity}` })).rejects.toThrow(why);
  });

  it("ends with the drain", async () => {
    const catalog = new Catalog();
    let open = (): void => {};
    catalog.gate = new Promise((resolve) => (open = resolve));
    onTestFinished(() => open());
    const ids = Array.from({ length: 50 }, (_, index) => String(index));
    const out = await built(project(`{ urls: ${listed(...ids)}, rate: 1000/s, concurrency: 2 }`));
    const gateway = await running(out, await catalog.start());
    await until("the service is asked", () => catalog.asked.length === 2);
    const ended = new Promise<number | null>((resolve) => gateway.process.once("exit", resolve));
    gateway.process.kill("SIGTERM");
    expect(await ended).toBe(0);
    expect(catalog.asked).toHaveLength(2);
  });
});
