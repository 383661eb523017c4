/** A gateway that uses what dashboards and alerts are made for, to be scraped while it runs. */
export const liveGateway: Readonly<Record<string, string>> = {
  "gateway.yaml": `gateway: shop
compatibility: 2026-12-01
listeners:
  public:
    host: 127.0.0.1
    port: 0
    tls: { certificates: [{ certificate: { file: tls.pem }, key: { file: tls.key } }], clientCertificates: { ca: { file: ca.pem }, mode: request } }
  admin: { host: 127.0.0.1, port: 0, credentials: { operator: { key: { env: ADMIN_KEY } } } }
apis:
  orders: { versions: { v1: { spec: orders.yaml, policies: policies.yaml } }, service: orders }
routes:
  gone: { match: { path: /gone, methods: [GET] }, service: gone, policies: { public: a test } }
  zoned: { match: { path: /zoned, methods: [GET] }, service: zoned, policies: { public: a test } }
services:
  orders: { endpoints: ["\${env:UPSTREAM}"], retry: {} }
  copies: { endpoints: ["\${env:COPIES}"] }
  zoned:
    endpoints: [{ url: "\${env:UPSTREAM}", zone: eu-1 }, { url: "\${env:COPIES}", zone: eu-2 }]
    loadBalancer: { zone: eu-1, failover: { slower: 2 } }
  gone: { endpoints: [http://127.0.0.1:1], health: { active: { path: /healthz, interval: 1s } }, breaker: {} }
stores: { default: { memory: {} }, shared: { redis: { url: { env: REDIS_URL } } } }
identity:
  revoked: { store: shared, onStoreFailure: refuse }
  damping: { failures: 1/m, delay: 1s }
  schemes:
    login: { jwt: { issuer: https://id.example.com, audience: shop, jwks: { file: keys.json } } }
    partner: { mtls: {} }
exporters:
  collector: { otlp: { url: http://127.0.0.1:1 } }
policies:
  metrics: {}
  tracing: { sample: 100% }
  overload: {}
  concurrency: { limit: 100 }
  objectives: { availability: 99.9%, latency: { p99: 1s, p50: 300ms } }
`,
  "policies.yaml": `all: { public: a test }
tags:
  login: { public: off }
operations:
  limited: { rateLimit: { limit: 1/h } }
  hidden: { ipFilter: { deny: [127.0.0.0/8] } }
  secret: { objectives: { availability: 99% } }
  listOrders: { mirror: { to: copies, compare: {} } }
  fails: { mirror: { to: gone, compare: {} } }
`,
  "orders.yaml": `openapi: 3.1.0
info: { title: Orders, version: "1" }
components:
  securitySchemes:
    login: { type: http, scheme: bearer }
    partner: { type: mutualTLS }
paths:
  /orders:
    get: { operationId: listOrders, responses: { "200": { description: ok } } }
    post:
      operationId: createOrder
      parameters: [{ name: dry, in: query, required: true, schema: { type: boolean } }]
      responses: { "201": { description: created } }
  /limited: { get: { operationId: limited, responses: { "200": { description: ok } } } }
  /hidden: { get: { operationId: hidden, responses: { "200": { description: ok } } } }
  /fails: { get: { operationId: fails, responses: { "200": { description: ok } } } }
  /secret: { get: { operationId: secret, tags: [login], security: [{ login: [] }], responses: { "200": { description: ok } } } }
  /partner: { get: { operationId: partner, tags: [login], security: [{ partner: [] }], responses: { "200": { description: ok } } } }
`,
};
