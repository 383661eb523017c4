/** A gateway without objectives that uses everything that alerts are made for. */
export const watched: Readonly<Record<string, string>> = {
  "gateway.yaml": `gateway: shop
compatibility: 2026-12-01
listeners:
  public: { port: 8080, tls: { certificates: [{ certificate: { file: tls.pem }, key: { file: tls.key } }], clientCertificates: { ca: { file: ca.pem } } } }
  admin: { port: 9090 }
apis:
  orders: { versions: { v1: { spec: orders.yaml } }, service: orders }
services:
  orders:
    endpoints: [http://127.0.0.1:9001]
    health: { active: { path: /healthz } }
    breaker: {}
  next:
    endpoints: [{ url: http://127.0.0.1:9002, zone: eu-1 }, { url: http://127.0.0.1:9003, zone: eu-2 }]
    loadBalancer: { zone: eu-1, failover: { slower: 2 } }
stores: { default: { memory: {} }, shared: { redis: { url: "redis://127.0.0.1:6379" } }, local: { memory: {} } }
identity:
  revoked: { store: shared, onStoreFailure: refuse }
  damping: { store: local }
  schemes:
    login: { jwt: { issuer: https://id.example.com, audience: shop } }
    partner: { mtls: {} }
exporters:
  collector: { otlp: { url: http://127.0.0.1:4318 } }
cache:
  purges: { store: shared, onStoreFailure: serve }
  warm: { file: warm.txt, rate: 10/s }
routes:
  news: { match: { path: /news, methods: [GET] }, service: orders, policies: { public: example, cache: { ttl: 10s, store: shared } } }
policies:
  metrics: {}
  tracing: {}
  overload: {}
  split: { to: { next: 0% }, steps: [5%, 100%], analysis: { errors: 1% } }
`,
  "orders.yaml": `openapi: 3.1.0
info: { title: Orders, version: "1" }
security: [{ login: [] }, { partner: [] }]
components:
  securitySchemes:
    login: { type: http, scheme: bearer }
    partner: { type: mutualTLS }
paths:
  /orders:
    get: { operationId: listOrders, responses: { "200": { description: ok } } }
`,
};
