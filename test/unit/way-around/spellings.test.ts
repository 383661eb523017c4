import { describe, expect, test } from "vitest";
import { checkGateway } from "../../../compiler/index.ts";
import { memoryDisk } from "../../../compiler/phases/1-load/index.ts";
import { endpoint, messagesOf, open, orders, type Plan } from "./planted.ts";

const aside = (app: string, other: string): Plan => ({
  apis: orders,
  services: { app: endpoint(app), other: endpoint(other) },
  routes: {
    side: {
      match: { path: "/side/**", methods: ["GET"] },
      service: "other",
      policies: { ...open, rewrite: { stripPrefix: "/side" } },
    },
  },
});

describe("one server in two spellings is one server", () => {
  test.each([
    ["a name in upper case", "http://app.internal:8080", "http://APP.internal:8080/"],
    ["a name with its last dot (RFC 1034 §3.1)", "http://app.internal:8080", "http://app.internal.:8080"],
    ["the port that the scheme has anyway", "http://app.internal", "http://app.internal:80"],
    ["IPv6 with its zeros (RFC 5952)", "http://[2001:db8::1]:8080", "http://[2001:0DB8:0:0:0:0:0:1]:8080"],
    ["IPv4 in IPv6 (RFC 4291 §2.5.5.2)", "http://192.0.2.1:8080", "http://[::ffff:192.0.2.1]:8080"],
    ["IPv4 as a number (WHATWG URL)", "http://127.0.0.1:8080", "http://2130706433:8080"],
    ["the machine itself", "http://localhost:8080", "http://[::1]:8080"],
    ["a setting with and without a default", "http://${env:ONE}", "http://${env:ONE:-app.internal}"],
    ["a whole URL as a setting, with and without a default", "${env:ONE}", "${env:ONE:-http://app.internal/v1}"],
    ["a base path with an escape (RFC 3986 §6.2.2.2)", "http://app.internal/base", "http://app.internal/b%61se"],
  ])("%s", async (_, app, other) => {
    expect(await messagesOf(aside(app, other))).toContainEqual(
      expect.stringMatching(/^error way-around\/open: `GET \/side\/orders` needs no authentication/),
    );
  });

  test("a setting is another one where it has another name", async () => {
    const messages = await messagesOf(aside("http://${env:ONE}:8080", "http://${env:TWO}:8080"));
    expect(messages.filter((message) => message.includes("way-around"))).toEqual([]);
  });
});

test("a path that is rewritten to an escape of what is protected reaches it (RFC 3986 §6.2.2.2)", async () => {
  const routes = { find: { match: { path: "/find" }, policies: { ...open, rewrite: { path: "/%6frders" } } } };
  expect(await messagesOf({ apis: orders, routes })).toContainEqual(
    expect.stringMatching(/^error way-around\/open: `GET \/find` needs no authentication and reaches `\/orders` of app/),
  );
});

test("a rewritten path has no escaped dot segment", async () => {
  const routes = { find: { match: { path: "/find" }, policies: { ...open, rewrite: { path: "/x/%2e%2E/orders" } } } };
  expect(await messagesOf({ apis: orders, routes })).toContainEqual(expect.stringMatching(/^error rewrite\/dot-segment: /));
});

describe("a condition on where a request goes", () => {
  const routed = (when: string): Promise<string[]> =>
    messagesOf({
      apis: orders,
      services: { site: endpoint("http://site.internal") },
      routes: {
        all: {
          match: { path: "/**", methods: ["GET", "PUT"] },
          service: "site",
          policies: { ...open, rewrite: { path: "/orders" }, routeTo: { service: "app", when } },
        },
      },
    });

  test.each([
    "request.method == 'GET' && request.method == 'POST'",
    "false && request.query.a == 'x'",
    "request.method == 'DELETE'",
    "request.method != 'GET' && request.method != 'PUT' && request.method != 'HEAD'",
    "!request.path.startsWith('/')",
  ])("that is never true leads nowhere: %s", async (when) => {
    expect((await routed(when)).filter((message) => message.includes("way-around"))).toEqual([]);
  });

  test.each([
    ["request.method == 'DELETE' || 'a' in request.query", "GET /"],
    ["request.query['a'] == 'yes' && 'a' in request.query", "GET /?a=yes"],
    ["'a' in request.query && request.query['a'] == 'yes'", "GET /?a=yes"],
    ["request.method != 'GET'", "PUT /"],
  ])("is met by the request that is shown: %s", async (when, request) => {
    expect(await routed(when)).toContainEqual(expect.stringMatching(/^error way-around\/open: /));
    expect((await routed(when)).join("\n")).toContain(`\`${request}`);
  });
});

/** `/admin` and `/items/{id}` ask for a key; `/p/{id}` and `/q/{id}` lead there without one, for what their schema allows. */
const described = (schema: Readonly<Record<string, unknown>>): Plan => ({
  apis: {
    items: {
      versions: { v1: { "/admin": { get: "key" }, "/items/{id}": { get: { access: "key", parameters: { id: schema } } } } },
    },
    open: {
      versions: { v1: { "/p/{id}": { get: { access: "public", parameters: { id: schema } } } } },
      policies: { all: { validate: {}, rewrite: { path: "/{id}" } } },
    },
    found: {
      versions: { v1: { "/q/{id}": { get: { access: "public", parameters: { id: schema } } } } },
      policies: { all: { validate: {}, rewrite: { path: "/items/{id}" } } },
    },
  },
});

describe("a request that shows a way around has what its schema asks for, and nothing else is one", () => {
  test.each<[schema: Readonly<Record<string, unknown>>, text: string]>([
    [{ type: "string", pattern: "^[A-Z]{3}-[0-9]+$" }, "XXX-1"],
    [{ type: "string", pattern: "^(ab|cd)e{2,4}f?$" }, "abeef"],
    [{ type: "string", pattern: "^[0-9]+$", minLength: 6 }, "111111"],
    [{ type: "string", minLength: 10 }, "xxxxxxxxxx"],
    [{ type: "string", maxLength: 3 }, "x"],
    [{ type: "string", format: "uuid" }, "123e4567-e89b-42d3-a456-426614174000"],
    [{ type: "string", format: "date" }, "2026-12-01"],
    [{ type: "integer", minimum: 100 }, "100"],
    [{ type: "integer", exclusiveMinimum: 100, multipleOf: 7 }, "105"],
    [{ type: "integer", maximum: -5 }, "-5"],
    [{ allOf: [{ type: "string", pattern: "^a" }, { maxLength: 2 }] }, "a"],
    [{ type: "string", enum: ["a b", "c"] }, "a%20b"],
    // Half of a surrogate pair stands in no path.
    [{ type: "string", enum: ["\ud800", "c"] }, "c"],
  ])("%j", async (schema, text) => {
    const messages = await messagesOf(described(schema));
    expect(messages).toEqual([expect.stringMatching(/^error way-around\/open: /)]);
    expect(messages[0]).toContain(`\`GET /q/${text}\` needs no authentication and reaches \`/items/${text}\``);
  });
});

test("a pattern for which no text is found closes no door", async () => {
  expect(await messagesOf(described({ type: "string", pattern: "(?=b)" }))).toContainEqual(
    expect.stringMatching(/^error way-around\/open: `GET \/q\/x` needs no authentication/),
  );
});

test("the request has the parameters that its operation requires, so that its validator takes it", async () => {
  const parameter = (place: string, name: string, schema: object) => ({ in: place, name, required: true, schema });
  const spec = {
    openapi: "3.1.0",
    info: { title: "Items", version: "1" },
    components: { securitySchemes: { key: { type: "apiKey", in: "header", name: "X-key" } } },
    paths: {
      "/items": { get: { operationId: "items", security: [{ key: [] }], responses: { 200: { description: "ok" } } } },
      "/found": {
        get: {
          operationId: "found",
          security: [],
          parameters: [
            parameter("query", "page", { type: "integer", minimum: 100 }),
            parameter("header", "X-Kind", { enum: ["all"] }),
          ],
          responses: { 200: { description: "ok" } },
          "x-gateway": { public: "planted", validate: {}, rewrite: { path: "/items" } },
        },
      },
    },
  };
  const gateway = {
    gateway: "planted",
    compatibility: "2026-12-01",
    listeners: { public: { port: 8080 } },
    services: { app: endpoint("http://app.internal") },
    identity: { schemes: { key: { apiKey: { keys: { acme: { key: { env: "KEY" } } } } } } },
    apis: { items: { service: "app", versions: { v1: { spec: "spec.json" } } } },
  };
  const files = new Map(Object.entries({ "gateway.yaml": gateway, "spec.json": spec }).map(([n, f]) => [n, JSON.stringify(f)]));
  const { diagnostics } = await checkGateway("gateway.yaml", { disk: memoryDisk(files) });
  expect(diagnostics.map(({ message }) => message)).toEqual([
    expect.stringMatching(/^`GET \/found\?page=100 with x-kind: all` needs no authentication and reaches `\/items` of app/),
  ]);
});
