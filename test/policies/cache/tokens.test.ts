import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { exportJWK, generateKeyPair, SignJWT } from "jose";
import { describe, expect, onTestFinished, test } from "vitest";
import { checkGateway } from "../../../compiler/index.ts";
import { memoryDisk } from "../../../compiler/phases/1-load/index.ts";
import { keyOf } from "../../../runtime/policies/cache/key.ts";
import { built, running } from "../../faults/gateway.ts";
import { fakeExchange } from "../../harness/fake-exchange.ts";
import { cacheConfig } from "./support.ts";

interface Project {
  readonly key?: string;
  readonly scheme?: string;
  readonly authenticate?: string;
  readonly policies?: string;
  readonly upstream?: string;
  readonly jwks?: string;
}

const remote = '{ uri: "https://login.example.com/jwks.json" }';
const client = "client: { id: shop, secret: { env: SECRET } }";

const files = ({ key = "[identity.subject]", scheme = "", authenticate, policies, upstream, jwks = remote }: Project) => ({
  "gateway.yaml": `gateway: shop
compatibility: 2026-12-01
listeners: { public: { host: 127.0.0.1, port: "\${env:PORT}" } }
services: { orders: { endpoints: ["${upstream ?? "http://127.0.0.1:9"}"]${authenticate === undefined ? "" : `, authenticate: ${authenticate}`} } }
identity: { schemes: { login: { jwt: { issuer: "https://login.example.com/", audience: shop, jwks: ${jwks}${scheme} } } } }
apis: { orders: { service: orders, versions: { v1: { spec: openapi.yaml, policies: policies.yaml } } } }
`,
  "openapi.yaml": `openapi: 3.1.0
info: { title: Orders, version: "1" }
servers: [{ url: / }]
components: { securitySchemes: { login: { type: oauth2, flows: {} } } }
security: [{ login: [] }]
paths: { /orders: { get: { operationId: listOrders, responses: { "200": { description: Orders } } } } }
`,
  "policies.yaml": `operations: { listOrders: { cache: { ttl: 1h, key: ${key} }${policies === undefined ? "" : `, ${policies}`} } }\n`,
});

async function checked(project: Project) {
  const disk = memoryDisk(new Map(Object.entries(files(project))));
  const { diagnostics, ir } = await checkGateway("gateway.yaml", { disk });
  const cache = ir?.operations[0]!.steps.find(({ policy }) => policy === "cache");
  return {
    codes: diagnostics.map(({ code, message }) => `${code} ${/claim `(\w+)`/.exec(message)?.[1] ?? ""}`.trim()),
    byGrants: (cache?.config as { readonly byGrants?: true } | undefined)?.byGrants ?? false,
    key: cache?.keptBy?.key.at(-1),
  };
}

const withGrants = { codes: [], byGrants: true, key: "identity.subject with roles and scopes" };
const withoutGrants = { codes: [], byGrants: false, key: "identity.subject" };
const decision = "externalAuthorization: { forwardAuth: { url: 'https://a.example.com/', toService: [X-User-Roles] } }";

describe("roles and scopes are in the key of a private cache", () => {
  test.each<readonly [string, Project, object]>([
    ["where the token reaches the service, as it does by default", {}, withGrants],
    ["where it is relayed", { scheme: ", forward: none", authenticate: "{ relay: {} }" }, withGrants],
    [
      "where it is exchanged",
      { scheme: ", forward: none", authenticate: `{ exchange: { token: "https://login.example.com/token", ${client} } }` },
      withGrants,
    ],
    ["not where it is kept from the service", { scheme: ", forward: none" }, withoutGrants],
    ["not where a credential of the gateway takes its place", { authenticate: "{ bearer: { env: SECRET } }" }, withoutGrants],
    [
      "also there, where it travels in a field of its own",
      { scheme: ", from: { header: X-Token }", authenticate: "{ bearer: { env: SECRET } }" },
      withGrants,
    ],
    ["not where it travels in the query, and is taken out", { scheme: ", from: { query: token }" }, withoutGrants],
  ])("%s", async (_, project, expected) => {
    expect(await checked(project)).toEqual(expected);
  });

  test("where somebody else decides by the token what the service is told", async () => {
    expect(await checked({ scheme: ", forward: none", policies: decision })).toMatchObject({ byGrants: true });
  });

  test("and in that of no other cache", async () => {
    expect(await checked({ key: "[identity.issuer]" })).toEqual({ codes: [], byGrants: false, key: "identity.issuer" });
  });

  test("a field that is made of them needs nothing else in the key then", async () => {
    const policies = "headers: { request: { set: { X-Admin: { expression: \"'admin' in identity.scopes ? 'yes' : 'no'\" } } } }";
    expect((await checked({ policies })).codes).toEqual([]);
    expect((await checked({ policies, scheme: ", forward: none" })).codes).toEqual(["cache/told-identity"]);
  });
});

describe("a claim that tokens are declared to have", () => {
  const scheme =
    ", claims: { plan: { type: string }, groups: { type: array }, scope: { type: string } }, identity: { roles: claims.groups }";

  test.each<readonly [string, Project, readonly string[]]>([
    ["is warned of where the service gets them", { scheme }, ["cache/unkeyed-claim plan"]],
    ["not where it does not", { scheme: `${scheme}, forward: none` }, []],
    [
      "not where the key has it",
      { scheme, key: "[identity.subject, \"has(identity.claims.plan) ? identity.claims.plan : ''\"]" },
      [],
    ],
    ["not where the key has the token", { scheme, key: "[identity.subject, \"request.headers['authorization']\"]" }, []],
    [
      "also where the key asks for another one",
      { scheme, key: "[identity.subject, \"'level' in identity.claims ? 'some' : 'none'\"]" },
      ["cache/unkeyed-claim plan"],
    ],
  ])("%s", async (_, project, expected) => {
    expect((await checked(project)).codes.filter((code) => code.startsWith("cache/"))).toEqual(expected);
  });

  test.each(["plan", "package", "in", "null", "plan-of", "https://shop.example.com/plan", "it's", 'a"b', "a\\b"])(
    "is added as the warning says: %s",
    async (claim) => {
      const declared = `, claims: { ${JSON.stringify(claim)}: { type: string } }`;
      const found = async (key: readonly string[]) => {
        const disk = memoryDisk(new Map(Object.entries(files({ scheme: declared, key: JSON.stringify(key) }))));
        return (await checkGateway("gateway.yaml", { disk })).diagnostics.filter(
          ({ code }) => code.startsWith("cache/") || code.startsWith("expressions/"),
        );
      };
      const [warning, ...others] = await found(["identity.subject"]);
      expect([warning?.code, others]).toEqual(["cache/unkeyed-claim", []]);
      const expression = /^Add `(.+)` to `key`/.exec(warning!.help)?.[1];
      expect(await found(["identity.subject", expression!])).toEqual([]);
    },
  );
});

test("who has several schemes is told apart by the roles and scopes of each", () => {
  const config = cacheConfig({ byIdentity: true, byGrants: true });
  const of = (roles: readonly string[], scopes: readonly string[], further: readonly string[]): string | undefined =>
    keyOf(
      Object.assign(fakeExchange({ identity: { subject: "anna", scheme: "login", roles, scopes } }), {
        furtherIdentities: [{ subject: "anna", scheme: "device", roles: [], scopes: further }],
      }),
      config,
    );
  const keys = [
    of(["a"], [], []),
    of([], ["a"], []),
    of([], [], ["a"]),
    of(["a", "b"], [], []),
    of(["a,b"], [], []),
    of(["b"], ["a"], []),
  ];
  expect(new Set(keys).size).toBe(keys.length);
  expect(of(["a"], ["b"], [])).toBe(of(["a"], ["b"], []));
});

test("what a service answers to one token of a caller is not served to another one with other scopes", async () => {
  const server: Server = createServer((request, response) => {
    const { scope } = JSON.parse(Buffer.from(request.headers.authorization!.split(".")[1]!, "base64url").toString());
    // The clock of gateways under test is another one.
    response.sendDate = false;
    response.writeHead(200, { "cache-control": "max-age=60" }).end(`for ${scope}`);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const upstream = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const { publicKey, privateKey } = await generateKeyPair("EdDSA", { extractable: true });
  const jwks = JSON.stringify({ keys: [{ ...(await exportJWK(publicKey)), kid: "k1" }] });
  const { port } = await running(await built(files({ upstream, jwks })), upstream);
  const ask = async (scope: string, jti: string): Promise<string> => {
    const token = await new SignJWT({ scope, jti })
      .setProtectedHeader({ alg: "EdDSA", kid: "k1" })
      .setIssuer("https://login.example.com/")
      .setAudience("shop")
      .setSubject("anna")
      .setExpirationTime(4_102_444_800)
      .sign(privateKey);
    const answer = await fetch(`http://127.0.0.1:${port}/orders`, { headers: { authorization: `Bearer ${token}` } });
    return `${/; (hit|fwd=[\w-]+)/.exec(answer.headers.get("cache-status") ?? "")?.[1]} ${await answer.text()}`;
  };
  expect(await ask("orders:read orders:secrets", "1")).toBe("fwd=uri-miss for orders:read orders:secrets");
  expect(await ask("orders:read", "2")).toBe("fwd=uri-miss for orders:read");
  // A new token with the same scopes is served what the one before it got.
  expect(await ask("orders:read", "3")).toBe("hit for orders:read");
  expect(await ask("orders:read orders:secrets", "4")).toBe("hit for orders:read orders:secrets");
});
