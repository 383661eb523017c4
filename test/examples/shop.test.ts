import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { Program } from "../harness/program.ts";
import { repository } from "../harness/sample.ts";

const keys = {
  ACME_KEY: "acme-key-for-tests-0123456789",
  BAZAAR_KEY: "bazaar-key-for-tests-0123456789",
  LEDGER_KEY: "ledger-key-for-tests-0123456789",
};
const start = join(repository, "examples/shop/start.mjs");

let shop: Program;
let gateway = "";
let admin = "";

beforeAll(async () => {
  shop = new Program(start, [], { env: { PORT: "0", ADMIN_PORT: "0", ...keys } });
  gateway = (await shop.until(/^gateway +(\S+)$/m))[1]!;
  admin = (await shop.until(/^admin +(http:\/\/localhost:\d+)/m))[1]!;
});

afterAll(async () => {
  await shop.stop();
});

interface Options {
  readonly method?: string;
  readonly key?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: unknown;
}

const call = (path: string, { method, key, headers = {}, body }: Options = {}): Promise<Response> =>
  fetch(`${gateway}${path}`, {
    method: method ?? (body === undefined ? "GET" : "POST"),
    headers: {
      ...(key === undefined ? {} : { "X-API-Key": key }),
      ...(body === undefined ? {} : { "Content-Type": "application/json" }),
      ...headers,
    },
    redirect: "manual",
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });

describe("orders", () => {
  test("an order is created, found, cancelled once, and reported", async () => {
    const created = await call("/v2/orders", { key: keys.ACME_KEY, body: { item: "cup", quantity: 3 } });
    expect(created.status).toBe(201);
    const order = (await created.json()) as { id: string; state: string };
    const found = await call(`/v2/orders/${order.id}`, { key: keys.ACME_KEY });
    expect(await found.json()).toMatchObject({ item: "cup", quantity: 3, state: "open" });
    const cancelled = await call(`/v2/orders/${order.id}:cancel`, { key: keys.ACME_KEY, method: "POST" });
    expect(await cancelled.json()).toMatchObject({ state: "cancelled" });
    expect((await call(`/v2/orders/${order.id}:cancel`, { key: keys.ACME_KEY, method: "POST" })).status).toBe(409);
    const report = await call("/v2/orders/report.csv", { key: keys.LEDGER_KEY });
    expect(report.headers.get("content-type")).toBe("text/csv");
    expect(report.headers.get("cache-control")).toBe("no-store");
    expect(await report.text()).toContain(`${order.id},"cup",3,cancelled`);
  });

  test("an order that is not as the spec says is refused with all that is wrong", async () => {
    const answer = await call("/v2/orders", { key: keys.ACME_KEY, body: { item: "", quantity: "2" } });
    expect(answer.status).toBe(400);
    const { violations } = (await answer.json()) as { violations: readonly { pointer: string; keyword: string }[] };
    expect(violations.map(({ pointer, keyword }) => `${pointer} ${keyword}`).sort()).toEqual([
      "/item minLength",
      "/quantity type",
    ]);
  });

  test("large orders are for wholesalers", async () => {
    const answer = await call("/v2/orders", { key: keys.ACME_KEY, body: { item: "cup", quantity: 101 } });
    expect(answer.status).toBe(403);
    expect(await answer.json()).toMatchObject({
      type: "urn:gatewright:problem:not-authorized",
      detail: expect.stringContaining("wholesalers") as string,
    });
    expect((await call("/v2/orders", { key: keys.ACME_KEY, body: { item: "cup", quantity: 100 } })).status).toBe(201);
    expect((await call("/v2/orders", { key: keys.BAZAAR_KEY, body: { item: "cup", quantity: 101 } })).status).toBe(201);
  });

  test("without a key 401 with a challenge, with a key of another role 403, as problem details", async () => {
    const unknown = await call("/v2/orders");
    expect(unknown.status).toBe(401);
    expect(unknown.headers.get("www-authenticate")).not.toBeNull();
    expect(unknown.headers.get("content-type")).toBe("application/problem+json");
    expect((await call("/v2/orders", { key: "a-key-that-nobody-has-0123456789" })).status).toBe(401);
    expect((await call("/v2/orders/report.csv", { key: keys.ACME_KEY })).status).toBe(403);
  });

  test("version 1 says that it is deprecated and when it stops, and passes `max` on as `limit`", async () => {
    for (const item of ["a", "b"]) await call("/v2/orders", { key: keys.ACME_KEY, body: { item, quantity: 1 } });
    const answer = await call("/v1/orders?max=1", { key: keys.ACME_KEY });
    expect(answer.headers.get("deprecation")).toBe(`@${Date.UTC(2026, 8, 1) / 1000}`);
    expect(answer.headers.get("sunset")).toBe("Mon, 01 Mar 2027 00:00:00 GMT");
    expect(answer.headers.get("link")).toContain('rel="successor-version"');
    expect(await answer.json()).toHaveLength(1);
  });

  test("two limits at the same time stand in one RateLimit-Policy field", async () => {
    const answer = await call("/v2/orders", { key: keys.ACME_KEY, body: { item: "cup", quantity: 1 } });
    expect(answer.headers.get("ratelimit-policy")?.split(", ")).toHaveLength(2);
  });

  test("a body over the limit is refused with 413", async () => {
    const answer = await call("/v1/orders", { key: keys.ACME_KEY, body: { item: "x".repeat(20_000), quantity: 1 } });
    expect(answer.status).toBe(413);
  });

  test("the wrong method is 405 with Allow, an unknown path 404, both with a request id", async () => {
    const method = await call("/v2/orders", { method: "DELETE", key: keys.ACME_KEY });
    expect(method.status).toBe(405);
    expect(method.headers.get("allow")).toContain("POST");
    const path = await call("/v2/nothing");
    expect(path.status).toBe(404);
    expect(path.headers.get("x-request-id")).not.toBeNull();
  });
});

describe("catalog", () => {
  test("everybody may look; the header chooses the version, an unknown one is told of those there are", async () => {
    const latest = (await (await call("/catalog/products")).json()) as object[];
    expect(latest[0]).toHaveProperty("cents");
    const first = await call("/catalog/products", { headers: { "Api-Version": "v1" } });
    expect(((await first.json()) as object[])[0]).not.toHaveProperty("cents");
    expect(first.headers.get("deprecation")).not.toBeNull();
    const unknown = await call("/catalog/products", { headers: { "Api-Version": "v9" } });
    expect(unknown.status).toBe(400);
    expect(await unknown.text()).toMatch(/Api-Version.*v1.*v2/);
  });

  test("only accountants set prices", async () => {
    const options = { method: "PUT", headers: { "Content-Type": "application/json" }, body: { cents: 3100 } };
    expect((await call("/catalog/products/teapot/price", options)).status).toBe(401);
    expect((await call("/catalog/products/teapot/price", { ...options, key: keys.ACME_KEY })).status).toBe(403);
    const answer = await call("/catalog/products/teapot/price", { ...options, key: keys.LEDGER_KEY });
    expect(await answer.json()).toMatchObject({ id: "teapot", cents: 3100 });
  });

  test("a browser of the shop may call, a browser of another origin may not", async () => {
    const preflight = (origin: string): Promise<Response> =>
      call("/catalog/products", { method: "OPTIONS", headers: { Origin: origin, "Access-Control-Request-Method": "GET" } });
    const allowed = await preflight("https://shop.example.com");
    expect(allowed.status).toBe(204);
    expect(allowed.headers.get("access-control-allow-origin")).toBe("https://shop.example.com");
    expect((await preflight("https://evil.example.com")).headers.get("access-control-allow-origin")).toBeNull();
  });
});

describe("routes without a spec", () => {
  test("the wildcard reaches the old shop without its prefix, with edited fields both ways", async () => {
    const answer = await call("/legacy/imprint.html?lang=de", { headers: { Cookie: "session=1" } });
    const { saw } = (await answer.json()) as { saw: { url: string; headers: Record<string, string> } };
    expect(saw.url).toBe("/imprint.html?lang=de");
    expect(saw.headers["x-shop"]).toBe("new");
    expect(saw.headers).not.toHaveProperty("cookie");
    expect(answer.headers.get("x-page")).toBe("1");
    expect(answer.headers.get("x-old-page")).toBeNull();
    expect(answer.headers.get("x-powered-by")).toBeNull();
    expect(answer.headers.get("x-content-type-options")).toBe("nosniff");
  });

  test("the home page redirects, the probe is answered by the gateway itself", async () => {
    const home = await call("/");
    expect(home.status).toBe(302);
    expect(home.headers.get("location")).toBe("/catalog/products");
    expect(await (await call("/healthz")).json()).toEqual({ status: "up" });
  });
});

describe("what operators see", () => {
  test("metrics by operation, on the admin listener only", async () => {
    await (await call("/catalog/products")).arrayBuffer();
    const metrics = await (await fetch(`${admin}/metrics`)).text();
    expect(metrics).toContain("catalog.v2.listProducts");
    expect((await call("/metrics")).status).toBe(404);
    expect((await fetch(`${admin}/readyz`)).status).toBe(200);
  });

  test("one log line for each request, without the key, with what a policy in report mode would have done", async () => {
    const from = shop.printed();
    await (await call("/v2/orders/report.json", { key: keys.LEDGER_KEY })).arrayBuffer();
    const [line] = await shop.until(/^\{.*getReport.*\}$/m, "stdout", from);
    expect(JSON.parse(line)).toMatchObject({
      operation: "orders.v2.getReport",
      status: 200,
      subject: "ledger",
      reports: [{ policy: "ipFilter" }],
    });
    expect(shop.output.split("\n").filter((text) => text.startsWith("{") && text.includes(keys.LEDGER_KEY))).toEqual([]);
  });
});

test("a port that is taken is named, with the way out", async () => {
  const other = createServer();
  await new Promise<void>((resolve) => other.listen(0, resolve));
  const { port } = other.address() as AddressInfo;
  const { code, stderr } = await new Program(start, [], { env: { PORT: String(port), ADMIN_PORT: "0" } }).ended;
  other.close();
  expect(stderr).toBe(`Port ${port} (PORT) is in use. Choose another one: PORT=${port + 1} npm start\n`);
  expect(code).toBe(1);
});
