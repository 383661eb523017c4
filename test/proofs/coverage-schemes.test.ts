import { describe, expect, it } from "vitest";
import { remarksOn } from "../../compiler/ir/remarks.ts";
import { compileProject } from "../harness/compile-project.ts";

interface Case {
  /** Of `identity.schemes`. */
  readonly schemes: string;
  /** Of the spec. */
  readonly declared?: string;
  readonly security?: string;
  readonly listener?: string;
  readonly policies?: string;
  /** Further lines of the gateway file. */
  readonly gateway?: string;
}

const project = ({ schemes, declared, security, listener, policies, gateway }: Case): Map<string, string> =>
  new Map([
    [
      "gateway.yaml",
      `gateway: shop
compatibility: 2026-12-01
listeners: { public: ${listener ?? "{ port: 8080 }"} }
apis: { orders: { service: orders, versions: { v1: { spec: openapi.yaml, policies: policies.yaml } } } }
services: { orders: { endpoints: [http://127.0.0.1:9001] } }
identity: { schemes: { ${schemes} } }
${gateway ?? ""}
`,
    ],
    [
      "openapi.yaml",
      `openapi: 3.1.0
info: { title: Orders, version: "1" }
components: { securitySchemes: { ${declared ?? "token: { type: http, scheme: bearer }"} } }
paths:
  /orders:
    get: { operationId: listOrders, security: ${security ?? "[{ token: [] }]"}, responses: { "200": { description: ok } } }
`,
    ],
    ["policies.yaml", policies ?? "{}"],
  ]);

/** What `coverage` tells of `listOrders`, or the codes of what stops the build. */
async function told(one: Case): Promise<readonly string[]> {
  const { ir, diagnostics } = await compileProject(project(one));
  if (ir === undefined) return diagnostics.filter(({ severity }) => severity === "error").map(({ code }) => code);
  return remarksOn(ir.operations[0]!, ir);
}

const jwt = (more: string): string => `token: { jwt: { issuer: "https://login.example.com/", ${more} } }`;
const asked = (more: string): string =>
  `token: { introspection: { endpoint: "https://login.example.com/i", client: { id: gateway, secret: { env: A } }, ${more} } }`;
const hook = (more: string): string => `token: { hmac: { ${more} } }`;
const inField = (name: string): string => `token: { type: apiKey, in: header, name: ${name} }`;
const github = inField("X-Hub-Signature-256");
const key = "key: { apiKey: { keys: { acme: { key: { env: ACME_KEY } } } } }";
const both = "token: { type: http, scheme: bearer }, key: { type: apiKey, in: header, name: X-API-Key }";
const certificate = "token: { type: mutualTLS }";
const tls = (clients: string): string =>
  `{ port: 8443, tls: { certificates: [{ certificate: { file: shop.pem }, key: { file: shop.key } }]${clients} } }`;
const clients = ", clientCertificates: { ca: { file: clients.pem }";
const proxies = (from: string): string =>
  `{ port: 8080, trustedProxies: { from: [${from}], clientCertificates: { format: xfcc } } }`;
const require = (name: string): string => `guardrails: [{ select: { all: true }, require: [${name}] }]`;

describe("a scheme that lets in more than it seems does not build, or coverage names it", () => {
  it.each<[promise: string, one: Case, expected: string]>([
    ["a token for any audience", { schemes: jwt("audience: { any: they are all ours }") }, "any audience: “they are all ours”"],
    ["no audience", { schemes: jwt("") }, "load/missing-key"],
    ["an empty list of audiences", { schemes: jwt("audience: []") }, "load/wrong-size"],
    ["any audience without a reason", { schemes: jwt('audience: { any: "" }') }, "load/wrong-size"],
    ["tokens without an end", { schemes: jwt("audience: shop, withoutExpiry: machines") }, "never expire: “machines”"],
    ["tokens without an end, by leeway", { schemes: jwt("audience: shop, leeway: 24h") }, "jwt/long-leeway"],
    ["no algorithm at all", { schemes: jwt("audience: shop, algorithms: [none]") }, "load/unknown-value"],
    [
      "keys over a plain connection",
      { schemes: jwt('audience: shop, jwks: { uri: "http://login.example.com/k" }') },
      "http://login.example.com/k: whoever is on the way",
    ],
    [
      "tenants of everybody",
      {
        schemes: `token: { jwt: { issuer: "https://login.example.com/{tenantid}/", discovery: "https://login.example.com/d", audience: shop } }`,
      },
      "jwt/tenants-misfit",
    ],
    [
      "answers over a plain connection",
      { schemes: asked("audience: shop").replace("https:", "http:") },
      "http://login.example.com/i: whoever is on the way",
    ],
    ["introspection without an audience", { schemes: asked("") }, "load/missing-key"],
    ["introspection for any audience", { schemes: asked("audience: { any: one server }") }, "any audience: “one server”"],
    ["tokens that were withdrawn yesterday", { schemes: asked("audience: shop, cache: 24h") }, "introspection/long-cache"],
    [
      "a signature without time, and deliveries not counted",
      { schemes: hook("layout: github, secret: { env: A }"), declared: github },
      "whoever has seen a delivery can repeat it",
    ],
    [
      "signatures of yesterday",
      { schemes: hook("layout: stripe, secret: { env: A }, window: 24h"), declared: inField("Stripe-Signature") },
      "hmac/long-window",
    ],
    [
      "a signature of one's own without keys",
      { schemes: hook("signature: { keys: {} }"), declared: "token: { type: http, scheme: hmac }" },
      "load/wrong-size",
    ],
    [
      "passwords of yesterday",
      {
        schemes: "token: { basic: { users: { file: users.txt }, cache: 24h } }",
        declared: "token: { type: http, scheme: basic }",
      },
      "basic/long-cache",
    ],
    [
      "credentials that are optional",
      { schemes: jwt("audience: shop"), security: "[{}, { token: [] }]" },
      "check/open-operation",
    ],
    ["no requirement at all", { schemes: jwt("audience: shop"), security: "[]" }, "check/open-operation"],
    [
      "one that policies make optional",
      { schemes: jwt("audience: shop"), security: "[]", policies: "all: { security: [{ token: [] }, {}] }" },
      "load/wrong-size",
    ],
    [
      "a certificate that is asked for, and no scheme",
      { schemes: "", declared: certificate, security: "[]", listener: tls(`${clients} }`) },
      "check/open-operation",
    ],
    [
      "a certificate that a connection needs, and no scheme",
      { schemes: "", declared: certificate, security: "[]", listener: tls(`${clients}, mode: require }`) },
      "check/open-operation",
    ],
    [
      "a certificate that nobody asks for",
      { schemes: "token: { mtls: {} }", declared: certificate },
      "check/no-client-certificates",
    ],
    [
      "a rule for every certificate",
      { schemes: "token: { mtls: { rules: [{ roles: [admin] }] } }", declared: certificate, listener: tls(`${clients} }`) },
      "mtls/rule-for-everybody",
    ],
    [
      "certificates that everybody may claim",
      { schemes: "token: { mtls: {} }", declared: certificate, listener: proxies("0.0.0.0/0") },
      "listener/certificates-from-anybody",
    ],
    [
      "certificates that everybody may claim, in two halves",
      { schemes: "token: { mtls: {} }", declared: certificate, listener: proxies('"::/1", "8000::/1"') },
      "listener/certificates-from-anybody",
    ],
    [
      "certificates that proxies claim",
      { schemes: "token: { mtls: {} }", declared: certificate, listener: proxies("10.0.0.0/8") },
      "10.0.0.0/8 may say in `x-forwarded-client-cert`",
    ],
    [
      "addresses that everybody may claim",
      { schemes: jwt("audience: shop"), listener: "{ port: 8080, trustedProxies: [0.0.0.0/0] }" },
      "believes every IPv4 client about its address",
    ],
    [
      "passThrough beside a scheme that is verified, where a scheme is required",
      {
        schemes: `token: { passThrough: {} }, ${key}`,
        declared: both,
        security: "[{ key: [] }, { token: [] }]",
        gateway: require("security"),
      },
      "check/guardrail-broken",
    ],
    [
      "a guardrail over certificates that names no scheme",
      {
        schemes: "client: { mtls: {} }",
        declared: "client: { type: mutualTLS }",
        security: "[{ client: [] }]",
        listener: tls(`${clients} }`),
        gateway: require("mtls"),
      },
      "check/guardrail-unknown-name",
    ],
    [
      "a guardrail over a certificate that is one of two ways in",
      {
        schemes: `token: { mtls: {} }, ${key}`,
        declared: `${certificate}, key: { type: apiKey, in: header, name: X-API-Key }`,
        security: "[{ token: [] }, { key: [] }]",
        listener: tls(`${clients}, mode: require }`),
        gateway: require("token"),
      },
      "check/guardrail-broken",
    ],
    [
      "a limit by the text of tokens, which their owners write in any case",
      {
        schemes: jwt("audience: shop"),
        policies: "all: { rateLimit: { limit: 5/s, by: { header: Authorization } } }",
        gateway: require("rateLimit"),
      },
      "rate-limit/unsuitable-header",
    ],
    [
      "a limit by a signature, which differs with each request",
      {
        schemes: hook("layout: github, secret: { env: A }, once: { store: seen }"),
        declared: github,
        policies: "all: { rateLimit: { limit: 5/s, by: { header: X-Hub-Signature-256 }, store: seen } }",
        gateway: `${require("rateLimit")}\nstores: { seen: { memory: {} } }`,
      },
      "check/guardrail-broken",
    ],
    [
      "addresses that are only reported",
      { schemes: jwt("audience: shop"), policies: "all: { ipFilter: { allow: [10.0.0.0/8], mode: report } }" },
      "`ipFilter` only reports",
    ],
    [
      "addresses under a condition",
      { schemes: jwt("audience: shop"), policies: `all: { ipFilter: { allow: [10.0.0.0/8], when: "request.host == 'a'" } }` },
      "`ipFilter` only runs where `request.host == 'a'`",
    ],
    [
      "addresses of everybody",
      { schemes: jwt("audience: shop"), policies: 'all: { ipFilter: { allow: ["::/0"] } }' },
      "`ipFilter`: it allows every IPv6 address",
    ],
    [
      "addresses that do not matter here",
      {
        schemes: jwt("audience: shop"),
        policies: "all: { ipFilter: { allow: [10.0.0.0/8] } }\noperations: { listOrders: { ipFilter: off } }",
      },
      "`ipFilter` is switched off",
    ],
  ])("%s", async (_, one, expected) => {
    const found = await told(one);
    expect(found).toHaveLength(1);
    expect(found[0]).toContain(expected);
  });
});

describe("coverage says nothing of schemes that verify, and guardrails are content with them", () => {
  it.each<[promise: string, one: Case]>([
    ["a token for one audience", { schemes: jwt("audience: shop") }],
    ["for one of two", { schemes: jwt("audience: [shop, admin]") }],
    ["with a leeway of minutes", { schemes: jwt("audience: shop, leeway: 5m") }],
    ["from a field of its own", { schemes: jwt("audience: shop, from: { header: X-Ident }") }],
    ["with keys of this machine", { schemes: jwt('audience: shop, jwks: { uri: "http://127.0.0.1:9/k" }') }],
    [
      "of tenants that are listed",
      {
        schemes: `token: { jwt: { issuer: "https://login.example.com/{tenantid}/", tenants: [a], discovery: "https://login.example.com/d", audience: shop } }`,
      },
    ],
    ["introspection", { schemes: asked("audience: shop") }],
    ["introspection with a cache of an hour", { schemes: asked("audience: shop, cache: 1h") }],
    ["a signature with a time", { schemes: hook("layout: stripe, secret: { env: A }"), declared: inField("Stripe-Signature") }],
    [
      "a signature without, and deliveries counted",
      {
        schemes: hook("layout: github, secret: { env: A }, once: { store: seen }"),
        declared: github,
        gateway: "stores: { seen: { memory: {} } }",
      },
    ],
    [
      "a signature of one's own, over the whole request",
      { schemes: hook("signature: { keys: { acme: { secret: { env: A } } } }"), declared: "token: { type: http, scheme: hmac }" },
    ],
    [
      "passwords",
      { schemes: "token: { basic: { users: { file: users.txt } } }", declared: "token: { type: http, scheme: basic }" },
    ],
    ["keys", { schemes: key.replace("key:", "token:"), declared: inField("X-API-Key") }],
    [
      "one of two schemes",
      { schemes: `${jwt("audience: shop")}, ${key}`, declared: both, security: "[{ token: [] }, { key: [] }]" },
    ],
    ["both of two", { schemes: `${jwt("audience: shop")}, ${key}`, declared: both, security: "[{ token: [], key: [] }]" }],
    ["a certificate", { schemes: "token: { mtls: {} }", declared: certificate, listener: tls(`${clients} }`) }],
    [
      "a certificate of some, by rule",
      {
        schemes: "token: { mtls: { rules: [{ dns: orders.example.com, roles: [admin] }] } }",
        declared: certificate,
        listener: tls(`${clients} }`),
      },
    ],
    [
      "a certificate that a guardrail requires by the name of its scheme",
      { schemes: "token: { mtls: {} }", declared: certificate, listener: tls(`${clients} }`), gateway: require("token") },
    ],
    [
      "trusted proxies that are listed",
      { schemes: jwt("audience: shop"), listener: "{ port: 8080, trustedProxies: [10.0.0.0/8] }" },
    ],
    ["half of all addresses", { schemes: jwt("audience: shop"), listener: "{ port: 8080, trustedProxies: [0.0.0.0/1] }" }],
    [
      "a limit by a key, of which every byte counts",
      {
        schemes: key.replace("key:", "token:"),
        declared: inField("X-API-Key"),
        policies: "all: { rateLimit: { limit: 5/s, by: { header: X-API-Key } } }",
        gateway: require("rateLimit"),
      },
    ],
    [
      "a limit by who it is",
      {
        schemes: jwt("audience: shop"),
        policies: "all: { rateLimit: { limit: 5/s, by: { expression: identity.subject } } }",
        gateway: require("rateLimit"),
      },
    ],
    [
      "addresses",
      { schemes: jwt("audience: shop"), policies: "all: { ipFilter: { allow: [10.0.0.0/8] } }", gateway: require("ipFilter") },
    ],
    [
      "what a spec leaves open, and policies close",
      {
        schemes: jwt("audience: shop"),
        security: "[]",
        policies: "all: { security: [{ token: [] }] }",
        gateway: require("token"),
      },
    ],
  ])("%s", async (_, one) => expect(await told(one)).toEqual([]));
});

describe("a token is as secret in a field of its own as in `Authorization`", () => {
  it.each(["header: X-Ident", "cookie: ident", "query: ident"])("from { %s } it is never logged", async (from) => {
    const one = {
      schemes: jwt(`audience: shop, from: { ${from} }`),
      policies: "all: { accessLog: { query: true, headers: [X-Ident] } }",
    };
    const { ir } = await compileProject(project(one));
    const log = ir?.operations[0]!.steps.find(({ policy }) => policy === "accessLog");
    expect(log?.config).toMatchObject({ redact: expect.arrayContaining([from.split(": ")[1]]) });
  });

  it("and no trailer", async () => {
    const one = {
      schemes: jwt("audience: shop, from: { header: X-Ident }"),
      policies: "all: { trailers: { request: [X-Ident] } }",
    };
    expect(await told(one)).toEqual(["trailers/never-passes"]);
  });
});
