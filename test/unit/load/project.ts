/** The smallest project that has everything the loader reads. */
export const project: Readonly<Record<string, string>> = {
  "gateway.yaml": `gateway: shop
compatibility: 2026-12-01
listeners:
  public: { port: 8080 }
apis:
  orders:
    service: orders
    versions:
      v1: { spec: openapi.yaml, policies: policies.yaml }
services:
  orders: { endpoints: ["http://127.0.0.1:9001"] }
identity:
  schemes:
    partnerKey:
      apiKey: { keys: { acme: { key: { env: ACME_KEY } } } }
`,
  "openapi.yaml": `openapi: 3.1.0
info: { title: Orders, version: 1.0.0 }
security: [{ partnerKey: [] }]
paths:
  /orders:
    get: { operationId: listOrders, tags: [read], responses: { "200": { description: Orders } } }
    post: { operationId: createOrder, tags: [write], responses: { "201": { description: Created } } }
  /orders/{orderId}:
    parameters: [{ name: orderId, in: path, required: true, schema: { type: string } }]
    get: { operationId: getOrder, tags: [read], responses: { "200": { description: One order } } }
components:
  securitySchemes:
    partnerKey: { type: apiKey, in: header, name: X-API-Key }
`,
  "policies.yaml": "{}\n",
};
