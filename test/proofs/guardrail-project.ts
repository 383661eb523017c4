import { compileProject } from "../harness/compile-project.ts";

/** What a case adds to a small gateway with one API, `/v1/orders`, whose requests all need `partnerKey`. */
export interface Case {
  readonly guardrails: string;
  readonly policies?: string;
  /** Entries of `routes` and of `policies` in gateway.yaml. */
  readonly routes?: string;
  readonly gatewayPolicies?: string;
  readonly hosts?: string;
  /** `security` of the POST operation. */
  readonly postSecurity?: string;
  readonly routing?: string;
  /** Endpoint of the service of the API. */
  readonly endpoint?: string;
}

export const project = ({ guardrails, policies = "{}", routes, gatewayPolicies, hosts, postSecurity, routing, endpoint }: Case) =>
  new Map([
    [
      "gateway.yaml",
      `gateway: shop
compatibility: 2026-12-01
listeners: { public: { port: 8080 } }
apis:
  orders:
    basePath: /v1
    service: orders${hosts === undefined ? "" : `\n    hosts: ${hosts}`}
    versions: { v1: { spec: openapi.yaml, policies: policies.yaml } }
services: { orders: { endpoints: ["${endpoint ?? "http://127.0.0.1:9001"}"] }, pages: { endpoints: [http://127.0.0.1:9002] } }
identity:
  schemes:
    partnerKey: { apiKey: { keys: { acme: { key: { env: ACME_KEY } } } } }
    otherKey: { apiKey: { keys: { acme: { key: { env: OTHER_KEY } } } } }
    token: { passThrough: {} }
    sentKey: { passThrough: {} }
${routing === undefined ? "" : `routing: ${routing}\n`}${gatewayPolicies === undefined ? "" : `policies: ${gatewayPolicies}\n`}routes:
  status: { match: { path: /status }, policies: { public: status page, respond: { body: up } } }
${routes === undefined ? "" : `${routes}\n`}guardrails: [${guardrails}]
`,
    ],
    [
      "openapi.yaml",
      `openapi: 3.1.0
info: { title: Orders, version: "1" }
security: [{ partnerKey: [] }]
components:
  securitySchemes:
    partnerKey: { type: apiKey, in: header, name: X-API-Key }
    otherKey: { type: apiKey, in: header, name: X-Other }
    token: { type: http, scheme: bearer }
    sentKey: { type: apiKey, in: header, name: X-Sent }
paths:
  /orders:
    get: { operationId: listOrders, tags: [read], responses: { "200": { description: ok } } }
    post:
      operationId: createOrder
      tags: [write]
      security: ${postSecurity ?? "[{ partnerKey: [] }]"}
      requestBody: { content: { application/json: { schema: { type: object } } } }
      responses: { "201": { description: created } }
  /orders/{orderId}:
    parameters: [{ name: orderId, in: path, required: true, schema: { type: string } }]
    get: { operationId: getOrder, tags: [read], responses: { "200": { description: ok } } }
  /orders/export:
    get: { operationId: exportOrders, tags: [read], responses: { "200": { description: ok } } }
`,
    ],
    ["policies.yaml", policies],
  ]);

/** Errors; what a case does not use is no matter here. */
export async function found(one: Case): Promise<readonly string[]> {
  const { diagnostics } = await compileProject(project(one));
  return diagnostics.filter(({ severity }) => severity === "error").map(({ code, message }) => `${code}: ${message}`);
}

/** The beginning of a guardrail over every operation. */
export const all = "select: { all: true }, require:";
