import { expect, it } from "vitest";
import { checkGateway } from "../../../compiler/index.ts";
import { memoryDisk } from "../../../compiler/phases/1-load/index.ts";
import { plan } from "../../../compiler/phases/4-plan/index.ts";
import { emit } from "../../../compiler/phases/5-emit/index.ts";

const get = (operationId: string) => ({ get: { operationId, responses: { 200: { description: "ok" } } } });
const document = {
  openapi: "3.1.0",
  info: { title: "Shop", version: "1" },
  paths: { "/orders": get("listOrders"), "/items": get("listItems"), "/carts": get("listCarts") },
};

/** The emitted operations of a gateway with one condition for all of them. */
async function emitted(when: string): Promise<string> {
  const files = {
    "gateway.yaml": `gateway: shop
compatibility: 2026-12-01
listeners: { public: { port: 8080 } }
apis: { shop: { service: shop, versions: { v1: { spec: openapi.json } } } }
services: { shop: { endpoints: [http://127.0.0.1:9001] } }
policies: { public: test, rateLimit: { limit: 5/s, by: peer.ip, when: ${JSON.stringify(when)} } }
`,
    "openapi.json": JSON.stringify(document),
  };
  const { ir } = await checkGateway("gateway.yaml", { disk: memoryDisk(new Map(Object.entries(files))) });
  return emit(plan(ir!), ir!).get("operations/shop-v1.js")!.text;
}

it("a condition that is the same for several operations is one function", async () => {
  const text = await emitted("request.headers['x-team'] == 'a'");
  expect(text.match(/^const \w+When = /gm)).toHaveLength(1);
  const asked = [...text.matchAll(/applies\((\w+), x\)/g)].map(([, name]) => name);
  expect(asked.length).toBeGreaterThanOrEqual(3);
  expect(new Set(asked)).toEqual(new Set(["listCartsRateLimitWhen"]));
});

it("a condition with constants of its own is one for each operation, as its text says nothing without them", async () => {
  const text = await emitted("request.headers['x-team'].matches('^[a-c]+$')");
  expect(text.match(/^const \w+When = /gm)).toHaveLength(3);
});
