/** A small gateway in a folder, for tests of commands. */
export const gatewayYaml = `gateway: shop
compatibility: 2026-12-01
listeners:
  public: { host: 127.0.0.1, port: "\${env:PORT}" }
apis:
  orders:
    service: orders
    versions:
      v1: { spec: openapi.yaml, policies: policies.yaml }
services:
  orders: { endpoints: ["\${env:ORDERS_URL}"] }
identity:
  schemes:
    partnerKey: { apiKey: { keys: { acme: { key: { env: ACME_KEY } } } } }
`;

export const openapiYaml = `openapi: 3.1.0
info: { title: Orders, version: 1.0.0 }
security: [{ partnerKey: [] }]
paths:
  /orders:
    get:
      operationId: listOrders
      tags: [read]
      responses: { "200": { description: fine } }
components:
  securitySchemes:
    partnerKey: { type: apiKey, in: header, name: X-API-Key }
`;

export const project = { "gateway.yaml": gatewayYaml, "openapi.yaml": openapiYaml, "policies.yaml": "{}\n" };
