import { expect, it } from "vitest";
import { checkGateway } from "../../../compiler/index.ts";
import { memoryDisk } from "../../../compiler/phases/1-load/index.ts";

const listener = {
  plain: "{ port: 8080 }",
  mtls: "{ port: 8443, tls: { certificates: [{ certificate: { file: a.pem }, key: { file: a.key } }], clientCertificates: { ca: { file: clients.pem } } } }",
} as const;

async function checked(type: string, schemes: string, at: keyof typeof listener = "plain") {
  const files = {
    "gateway.yaml": `gateway: shop
compatibility: 2026-12-01
listeners: { public: ${listener[at]} }
services: { orders: { endpoints: [http://127.0.0.1:9001] } }
${schemes === "" ? "" : `identity: { schemes: { ${schemes} } }`}
apis: { orders: { versions: { v1: { spec: openapi.yaml } }, service: orders } }
`,
    "openapi.yaml": `openapi: 3.1.0
info: { title: Orders, version: "1" }
security: [{ client: [] }]
components: { securitySchemes: { client: { ${type} } } }
paths: { /orders: { get: { operationId: listOrders, responses: { "200": { description: ok } } } } }
`,
  };
  return (await checkGateway("gateway.yaml", { disk: memoryDisk(new Map(Object.entries(files))) })).diagnostics;
}

it.each([
  ["type: http, scheme: bearer", "jwt", ["apiKey", "introspection", "passThrough"]],
  ["type: oauth2, flows: { clientCredentials: { tokenUrl: https://a.example/t, scopes: {} } }", "jwt", ["introspection"]],
  ["type: openIdConnect, openIdConnectUrl: https://a.example/.well-known/openid-configuration", "jwt", ["introspection"]],
  ["type: apiKey, in: header, name: X-Api-Key", "apiKey", ["hmac", "passThrough"]],
  ["type: http, scheme: basic", "basic", ["passThrough"]],
  ["type: http, scheme: hmac", "hmac", []],
  ["type: mutualTLS", "mtls", ["clientCertificates"]],
])(
  "what help proposes for a scheme that has no provider is the usual one, and compiles as it stands: %s",
  async (type, first, others) => {
    const [diagnostic] = await checked(type, "");
    expect(diagnostic?.code).toBe("check/scheme-without-provider");
    const [, proposed] = /for example `([^`]+)`/.exec(diagnostic!.help)!;
    expect(proposed).toMatch(`client: { ${first}: {`);
    for (const other of others) expect(diagnostic!.help).toContain(other);
    expect(await checked(type, proposed!, first === "mtls" ? "mtls" : "plain")).toEqual([]);
  },
);

const bearer = "type: http, scheme: bearer";
const jwt = (options: string): string => `client: { jwt: { audience: shop, ${options} } }`;
const asked = (options: string): string =>
  `client: { introspection: { endpoint: "https://a.example/i", audience: shop, ${options} } }`;

it.each([
  ["an issuer without its scheme", jwt("issuer: login.example.com/shop"), "`https://login.example.com/shop`"],
  [
    "metadata in the place of its issuer",
    jwt('issuer: "https://a.example/shop/.well-known/openid-configuration"'),
    "Write `https://a.example/shop`, if",
  ],
  [
    "the endpoint of all tenants, which is in no token",
    jwt('issuer: "https://login.microsoftonline.com/common/v2.0"'),
    "Write `https://login.microsoftonline.com/{tenantid}/v2.0`, and list",
  ],
  ["a claim without its begin", jwt('issuer: "https://a.example", identity: { roles: a.roles }'), "Write `claims.a.roles`, or"],
  ["a JSONPath", jwt('issuer: "https://a.example", identity: { roles: $.a.roles }'), "Write `claims.a.roles`, or"],
  ["any audience", 'client: { jwt: { issuer: "https://a.example", audience: "*" } }', '`audience: { any: "reason" }`'],
  ["any audience in a list", 'client: { jwt: { issuer: "https://a.example", audience: [shop, "*"] } }', "{ any: "],
  ["neither proof of a client", asked("client: { id: a }"), "Add `secret: { env: CLIENT_SECRET }`"],
  ["both proofs of a client", asked("client: { id: a, secret: { env: S }, key: { env: K } }"), "Remove the one"],
  [
    "a claim of an answer without its begin",
    asked("client: { id: a, secret: { env: S } }, identity: { subject: sub }"),
    "`claims.sub`",
  ],
  [
    "a key set by the name that RFC 8414 has",
    jwt('issuer: "https://a.example", jwks_uri: "https://a.example/k"'),
    "`jwks: { uri: … }`",
  ],
  ["a key set in one word", jwt('issuer: "https://a.example", jwksUri: "https://a.example/k"'), "`jwks: { uri: … }`"],
])("what people get wrong has help that says what to write: %s", async (_, schemes, help) => {
  const [first, ...others] = await checked(bearer, schemes);
  expect(first?.help).toContain(help);
  expect(others).toEqual([]);
});
