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
