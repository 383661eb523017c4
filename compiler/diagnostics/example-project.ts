/** What the project of an example in a `messages.md` has that the example does not write. */
export const exampleProject: Readonly<Record<string, string>> = {
  "gateway.yaml": `gateway: shop
compatibility: 2026-12-01
listeners: { public: { port: 8080 } }
apis:
  orders: { versions: { v1: { spec: openapi.yaml, policies: policies.yaml } }, service: orders }
services: { orders: { endpoints: [http://127.0.0.1:9001] } }
identity: { schemes: { partnerKey: { apiKey: { keys: { acme: { key: { env: ACME_KEY }, scopes: [a] } } } } } }
`,
  "openapi.yaml": `openapi: 3.1.0
info: { title: Orders, version: "1" }
security: [{ partnerKey: [] }]
components:
  securitySchemes:
    partnerKey: { type: apiKey, in: header, name: X-API-Key }
paths:
  /orders:
    get: { operationId: listOrders, tags: [read], responses: { "200": { description: ok } } }
    post: { operationId: createOrder, tags: [write], responses: { "201": { description: created } } }
  /orders/{orderId}:
    parameters: [{ name: orderId, in: path, required: true, schema: { type: string } }]
    get: { operationId: getOrder, tags: [read], responses: { "200": { description: ok } } }
`,
  "policies.yaml": "{}\n",
};
