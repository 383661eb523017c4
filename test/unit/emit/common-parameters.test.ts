import { describe, expect, it } from "vitest";
import { checkGateway } from "../../../compiler/index.ts";
import type { GatewayIr } from "../../../compiler/ir/gateway.ts";
import { memoryDisk } from "../../../compiler/phases/1-load/index.ts";
import { plan } from "../../../compiler/phases/4-plan/index.ts";
import { emit } from "../../../compiler/phases/5-emit/index.ts";

const limit = { name: "limit", in: "query", schema: { $ref: "#/components/schemas/Limit" } };
const id = { name: "id", in: "path", required: true, schema: { type: "integer" } };
const operation = (operationId: string, parameters: readonly unknown[]) => ({
  get: { operationId, parameters, responses: { 200: { description: "ok" } } },
});
const document = {
  openapi: "3.1.0",
  info: { title: "Shop", version: "1" },
  paths: {
    "/orders": operation("listOrders", [limit]),
    "/orders/{id}/items": operation("listItems", [id, limit]),
    "/customers": operation("listCustomers", [{ ...limit, required: true }]),
    "/customers/{id}/notes": operation("listNotes", [id]),
    "/suppliers/{id}/notes": operation("listSupplierNotes", [id]),
    "/articles/{id}/notes": operation("listArticleNotes", [id]),
    "/{name}/terms": operation("getTerms", [{ ...id, name: "name", schema: { type: "string" } }]),
  },
  components: { schemas: { Limit: { type: "integer", maximum: 100 } } },
};
const gateway = `gateway: shop
compatibility: 2026-12-01
listeners: { public: { port: 8080 } }
apis: { shop: { service: shop, versions: { v1: { spec: openapi.json, policies: policies.yaml } } } }
services: { shop: { endpoints: [http://127.0.0.1:9001] } }
`;

async function checked(): Promise<GatewayIr> {
  const files = { "gateway.yaml": gateway, "openapi.json": JSON.stringify(document), "policies.yaml": "all: { public: test }\n" };
  const { ir, diagnostics } = await checkGateway("gateway.yaml", { disk: memoryDisk(new Map(Object.entries(files))) });
  expect(diagnostics.map(({ code }) => code)).toEqual([]);
  return ir!;
}

describe("operations with the same parameters outside of the path", () => {
  it("are read by one function, and others by their own", async () => {
    const ir = await checked();
    const text = [...emit(plan(ir), ir).values()].map((module) => module.text).join("\n");
    const functions = [...text.matchAll(/^function (read\w+)\(/gm)].map(([, name]) => name).sort();
    const [common] = functions.filter((name) => name!.endsWith("Query"));
    expect(functions).toEqual(
      [
        "readListArticleNotesParameters",
        "readListCustomersParameters",
        "readListItemsParameters",
        "readListNotesParameters",
        common,
        "readListOrdersParameters",
      ].sort(),
    );
    expect(text.split(`return ${common}(x, problems);`)).toHaveLength(3);
  });
});

describe("operations whose parameters are at the same places of their paths", () => {
  it("share one instance of the policy, and those that cannot be wrong have none", async () => {
    const { modules } = plan(await checked());
    const [{ operations }] = modules as [(typeof modules)[number]];
    const instance = (id: string) => {
      const { calls } = operations.find(({ operation }) => operation?.operationId === id)!;
      return calls.find(({ step }) => step.policy === "validate")?.constant;
    };
    expect(instance("listNotes")).toBeDefined();
    // `customers` and `suppliers` are as long as each other, `articles` is shorter.
    expect(instance("listSupplierNotes")).toBe(instance("listNotes"));
    expect(instance("listArticleNotes")).not.toBe(instance("listNotes"));
    expect(instance("getTerms")).toBeUndefined();
  });
});
