import { expect, it } from "vitest";
import { checkGateway } from "../../../compiler/index.ts";
import { memoryDisk } from "../../../compiler/phases/1-load/index.ts";
import { plan } from "../../../compiler/phases/4-plan/index.ts";
import { emit } from "../../../compiler/phases/5-emit/index.ts";

const json = (schema: unknown) => ({ content: { "application/json": { schema } } });
const responses = { 200: { description: "ok", ...json({ type: "object" }) } };
const limit = { name: "limit", in: "query", schema: { type: "integer" } };
const document = {
  openapi: "3.1.0",
  info: { title: "Shop", version: "1" },
  paths: {
    "/orders": {
      get: { operationId: "listOrders", parameters: [limit], responses },
      post: { operationId: "createOrder", requestBody: json({ type: "object" }), responses },
    },
  },
};
const gateway = `gateway: shop
compatibility: 2026-12-01
listeners: { public: { port: 8080 } }
apis: { shop: { service: shop, versions: { v1: { spec: openapi.json } } } }
services: { shop: { endpoints: [http://127.0.0.1:9001] } }
policies: { public: test, validate: { response: enforce }, requestId: {} }
routes: { health: { match: { path: /healthz }, policies: { respond: { status: 204 } } } }
`;

async function emitted(): Promise<(name: string) => string> {
  const files = { "gateway.yaml": gateway, "openapi.json": JSON.stringify(document) };
  const { ir } = await checkGateway("gateway.yaml", { disk: memoryDisk(new Map(Object.entries(files))) });
  const text = [...emit(plan(ir!), ir!).values()].map((module) => module.text).join("\n");
  return (name) => text.slice(text.indexOf(`export const ${name} = {`)).split("\n};", 1)[0]!;
}

it("a chain that validates answers waits for a body that it reads, and for nothing where there is none", async () => {
  const chain = await emitted();
  expect(chain("listOrders")).toMatch(/\n {2}request\(x\) \{/);
  expect(chain("listOrders")).not.toContain("await");
  expect(chain("createOrder")).toMatch(/\n {2}async request\(x\) \{[^}]*await/);
});

it("an operation that answers by itself has no hook for requests to a service", async () => {
  const chain = await emitted();
  expect(chain("listOrders")).not.toContain("upstreamRequest: null");
  expect(chain("health")).toContain("upstreamRequest: null");
});
