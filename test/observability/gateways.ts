import { observabilityFiles } from "../../compiler/observability/index.ts";
import { compileProject } from "../harness/compile-project.ts";

/** A gateway with two APIs, whose objectives stand at every kind of place. */
export const shop: Readonly<Record<string, string>> = {
  "gateway.yaml": `gateway: shop
compatibility: 2026-12-01
listeners:
  public: { port: 8080, tls: { certificates: [{ certificate: { file: tls.pem }, key: { file: tls.key } }] } }
  admin: { port: 9090 }
apis:
  orders: { versions: { v1: { spec: orders.yaml, policies: policies.yaml } }, service: orders }
  catalog: { basePath: /catalog, versions: { v1: { spec: catalog.yaml } }, service: catalog }
services:
  orders: { endpoints: [http://127.0.0.1:9001], health: { active: { path: /healthz } }, breaker: {} }
  catalog: { endpoints: [http://127.0.0.1:9002] }
policies:
  metrics: {}
  public: a test
  objectives: { availability: 99.9%, latency: { p99: 1s } }
`,
  "orders.yaml": `openapi: 3.1.0
info: { title: Orders, version: "1" }
paths:
  /orders:
    get: { operationId: listOrders, tags: [read], responses: { "200": { description: ok } } }
    post: { operationId: createOrder, tags: [write], responses: { "201": { description: created } } }
  /orders/{orderId}:
    parameters: [{ name: orderId, in: path, required: true, schema: { type: string } }]
    get: { operationId: getOrder, tags: [read], responses: { "200": { description: ok } } }
    delete: { operationId: cancelOrder, tags: [write], responses: { "204": { description: gone } } }
`,
  "policies.yaml": `tags:
  write: { objectives: { availability: 99.5% } }
operations:
  cancelOrder: { objectives: { window: 7d, latency: { p99: 300ms } } }
`,
  "catalog.yaml": `openapi: 3.1.0
info: { title: Catalog, version: "1" }
paths:
  /products:
    get: { operationId: listProducts, responses: { "200": { description: ok } } }
`,
};

/** What `build` writes for a project beside the bundle, by path below `observability/`. */
export async function observed(project: Readonly<Record<string, string>>): Promise<ReadonlyMap<string, string>> {
  const { ir, diagnostics } = await compileProject(new Map(Object.entries(project)));
  if (ir === undefined) throw new Error(diagnostics.map(({ code, message }) => `${code}: ${message}`).join("\n"));
  return new Map([...observabilityFiles(ir)].map(([path, text]) => [path.slice("observability/".length), text]));
}
