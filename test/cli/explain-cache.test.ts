import { describe, expect, test } from "vitest";
import { checkGateway } from "../../compiler/index.ts";
import { memoryDisk } from "../../compiler/phases/1-load/index.ts";
import { gatewright } from "../harness/program.ts";
import { temporaryFolder } from "../harness/temporary-folder.ts";

const gateway = `gateway: shop
compatibility: 2026-12-01
listeners: { public: { port: 8080 } }
services: { orders: { endpoints: ["http://127.0.0.1:9"] }, standby: { endpoints: ["http://127.0.0.1:10"] } }
identity:
  schemes:
    bearerAuth:
      jwt:
        issuer: https://login.example.com/
        jwks: { uri: https://login.example.com/jwks.json }
        audience: shop
        claims: { plan: { type: string }, region: { type: string } }
apis:
  orders: { versions: { v1: { spec: openapi.yaml, policies: policies.yaml } }, service: orders }
`;

const spec = `openapi: 3.1.0
info: { title: Orders, version: "1" }
servers: [{ url: / }]
security: [{ bearerAuth: [] }]
components: { securitySchemes: { bearerAuth: { type: http, scheme: bearer } } }
paths:
  /orders:
    get:
      operationId: listOrders
      parameters:
        - { name: X-Region, in: header, schema: { type: string } }
        - { name: theme, in: cookie, schema: { type: string } }
        - { name: page, in: query, schema: { type: integer } }
      responses: { "200": { description: Orders } }
  /open:
    get: { operationId: open, security: [], responses: { "200": { description: Open } } }
`;

const files = (policies: string) => ({
  "gateway.yaml": gateway,
  "openapi.yaml": spec,
  "policies.yaml": `paths: { /open: { public: example } }\n${policies}`,
});

async function codes(policies: string): Promise<readonly string[]> {
  const disk = memoryDisk(new Map(Object.entries(files(policies))));
  const { diagnostics } = await checkGateway("gateway.yaml", { disk });
  return [...new Set(diagnostics.filter(({ severity }) => severity === "error").map(({ code }) => code))].sort();
}

/** Lines of the proof, of `GET` of a path. */
async function proof(policies: string, path = "/orders"): Promise<readonly string[]> {
  const { stdout, stderr } = await gatewright(["explain", `GET ${path}`], { cwd: temporaryFolder(files(policies)) });
  const lines = stdout.split("\n").map((line) => line.trim());
  const at = lines.findIndex((line) => line.startsWith("key: "));
  return at < 0 ? [stdout, stderr] : lines.slice(at, at + 2);
}

describe("explain prints what tells kept answers apart, and what reaches the service that does not", () => {
  test.each<readonly [string, string, string, readonly string[]]>([
    [
      "all fields of the client, those first that the spec declares",
      "operations: { listOrders: { cache: { key: [identity.subject] } } }",
      "/orders",
      [
        "key: scheme, host, path, query and identity.subject with roles and scopes",
        "reaches the service and is not in the key: header X-Region (declared), cookie theme (declared) and any other field that the client sends; answers that depend on it need it in Vary",
      ],
    ],
    [
      "no field but those that are chosen",
      "operations: { listOrders: { cache: { key: [identity.subject], fields: [Authorization, X-Region, Accept-Language], query: [page] } } }",
      "/orders",
      [
        "key: scheme, host, path, query (page) and identity.subject with roles and scopes",
        "reaches the service and is not in the key: header X-Region (declared), header Authorization and header Accept-Language; answers that depend on it need it in Vary",
      ],
    ],
    [
      "nothing, where the key has what is chosen",
      "operations: { open: { cache: { fields: [X-Tenant], key: [\"'x-tenant' in request.headers ? request.headers['x-tenant'] : ''\"] } } }",
      "/open",
      [
        "key: scheme, host, path, query and 'x-tenant' in request.headers ? request.headers['x-tenant'] : ''",
        "nothing else reaches the service",
      ],
    ],
    [
      "what the gateway writes",
      "operations: { open: { cache: { fields: [] }, headers: { request: { set: { X-At: { expression: peer.ip }, X-Fixed: a } } } } }",
      "/open",
      [
        "key: scheme, host, path and query",
        "reaches the service and is not in the key: header x-at (of the gateway); answers that depend on it need it in Vary",
      ],
    ],
  ])("%s", async (_what, policies, path, expected) => {
    expect(await proof(policies, path)).toEqual(expected);
  });
});

describe("what the service is told of who asks has to be in the key", () => {
  const plan = "headers: { request: { set: { X-Plan: { expression: identity.claims.plan } } } }";
  const of = (cache: string, others = ""): string =>
    `operations: { listOrders: { cache: { ${cache} }${others === "" ? "" : `, ${others}`} } }`;
  const scopes = "\"'admin' in identity.scopes ? 'a' : ''\"";
  const told = ["cache/told-identity"];

  test.each<readonly [string, string, readonly string[]]>([
    ["a field with a claim, and a key with another one", of("key: [identity.claims.region]", plan), told],
    ["the same claim", of("key: [identity.claims.plan]", plan), []],
    ["a claim that not all tokens of one caller have alike", of("key: [identity.subject]", plan), told],
    ["both", of("key: [identity.subject, identity.claims.plan]", plan), []],
    ["for a reason", of("shared: plans do not matter", plan), []],
    [
      "a part of an expression",
      of("key: [identity.claims.plan]", plan.replace("identity.claims.plan", "identity.claims.plan + identity.claims.region")),
      told,
    ],
    [
      "something made of what the key has",
      of("key: [identity.claims.plan]", plan.replace("identity.claims.plan", "identity.claims.plan + '!'")),
      [],
    ],
    ["the same expression", of(`key: [${scopes}]`, plan.replace("identity.claims.plan", scopes)), []],
    [
      "scopes of a caller whose token the service gets",
      of("key: [identity.subject]", plan.replace("identity.claims.plan", scopes)),
      [],
    ],
    ["scopes in place of a caller", of("key: [identity.scheme]", plan.replace("identity.claims.plan", scopes)), told],
    [
      "fields of identityHeaders",
      of("key: [identity.claims.plan]", "identityHeaders: { fields: { X-User: identity.subject } }"),
      told,
    ],
    [
      "the same, each caller alone",
      of("key: [identity.subject]", "identityHeaders: { fields: { X-User: identity.subject } }"),
      [],
    ],
    [
      "a condition on a field that is always the same",
      of("key: [identity.subject]", "headers: { request: { set: { X-Gold: a } }, when: identity.claims.plan == 'gold' }"),
      told,
    ],
    [
      "a condition on another path",
      of("key: [identity.subject]", "rewrite: { path: /gold, when: identity.claims.plan == 'gold' }"),
      told,
    ],
    [
      "another service, which is a part of the key",
      of("key: [identity.subject]", "routeTo: { service: standby, when: identity.claims.plan == 'gold' }"),
      [],
    ],
    [
      "what an authorization service says of an open operation",
      "operations: { open: { cache: {}, externalAuthorization: { forwardAuth: { url: 'http://127.0.0.1:9', toService: [X-User] } } } }",
      ["cache/needs-identity"],
    ],
    [
      "the same, for a reason",
      "operations: { open: { cache: { shared: alike for all }, externalAuthorization: { forwardAuth: { url: 'http://127.0.0.1:9', toService: [X-User] } } } }",
      [],
    ],
  ])("%s", async (_what, policies, expected) => {
    expect(await codes(policies)).toEqual(expected);
  });
});

test("explain says whose answers HEAD gets, where it is an operation of its own", async () => {
  const withHead = spec.replace(
    "  /open:\n",
    '  /open:\n    head: { operationId: asks, security: [], responses: { "200": { description: Open } } }\n',
  );
  const explained = async (ofHead: string): Promise<string> => {
    const policies = `operations: { open: { cache: { ttl: 1m } }, asks: ${ofHead} }\n`;
    const folder = temporaryFolder({ ...files(policies), "openapi.yaml": withHead });
    return (await gatewright(["explain", "HEAD /open"], { cwd: folder })).stdout;
  };
  expect(await explained("{ cache: { ttl: 1m } }")).toMatch(/cache .*what `open` keeps, 1m unless the service says otherwise/);
  expect(await explained("{ cache: { ttl: 2m } }")).not.toContain("what `open` keeps");
  expect(await explained("{ cache: { ttl: 1m }, rewrite: { query: { set: { of: head } } } }")).not.toContain("what `open` keeps");
});
