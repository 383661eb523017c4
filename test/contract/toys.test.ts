import { expect, it, vi } from "vitest";
import { compileGateway } from "../../compiler/index.ts";
import { memoryDisk } from "../../compiler/phases/1-load/index.ts";

/**
 * A kind of store and a policy that live, both made for this test, are in their rooms alone: what is in a registry and in the
 * schemas is all that the compiler knows of them. `npm run generate` makes both of the rooms.
 */
const toys = vi.hoisted(() => () => import("./toys/definitions.ts"));
vi.mock("../../compiler/resources/registry.gen.ts", async (original) => (await toys()).toyResources(await original()));
vi.mock("../../compiler/policies/registry.gen.ts", async (original) => (await toys()).toyPolicies(await original()));
vi.mock("../../schema/schemas.gen.ts", async (original) => (await toys()).toySchemas(await original()));

async function compiled(stores: object, policies: object, others: object = {}) {
  const gateway = {
    gateway: "shop",
    compatibility: "2026-12-01",
    listeners: { public: { port: 0 }, admin: { port: 0 } },
    stores,
    services: { orders: { endpoints: ["http://127.0.0.1:1"] } },
    routes: { all: { match: { path: "/**" }, service: "orders", policies: { public: "a test", ...policies } } },
    ...others,
  };
  const disk = memoryDisk(new Map([["gateway.yaml", JSON.stringify(gateway)]]));
  const { modules, diagnostics } = await compileGateway("gateway.yaml", { disk });
  return { modules, found: diagnostics.map(({ code }) => code), text: (path: string): string => modules?.get(path)?.text ?? "" };
}

it("a store and a policy that live are made, handed over in the order of who needs whom, and nothing else changes", async () => {
  const { found, text } = await compiled({ default: { toy: { size: 3 } } }, { toy: { onStoreFailure: "refuse" } });
  expect(found).toEqual([]);
  expect(text("stores.js")).toContain('import { createToyStore } from "gatewright/runtime/stores/toy/toy-store";');
  expect(text("stores.js")).toContain('defaultStore = /* @__PURE__ */ createToyStore({ name: "default", size: 3 });');
  expect(text("policies.js")).toContain("createToy({ store: defaultStore })");
  expect(text("gateway.js")).toContain("living: [defaultStore, toy],");
  expect(text("gateway.js")).toContain("adminRoutes: [...toy.adminRoutes],");
  expect(text("gateway.js")).toContain("createHousehold");
});

it("defaults are those of the schema, and what an option asks is asked of any kind", async () => {
  const { found, text } = await compiled({ default: { toy: {} } }, { toy: { onStoreFailure: "refuse" } });
  expect(found).toEqual([]);
  expect(text("stores.js")).toContain("size: 7");
  expect((await compiled({ default: { toy: {} } }, { toy: {} })).found).toEqual(["check/store-failure-needed"]);
  // It gives counters alone.
  const lacking = await compiled({ default: { toy: {} } }, { toy: { onStoreFailure: "refuse", needs: "messages" } });
  expect(lacking.found).toEqual(["check/store-lacks"]);
});

it("where nothing lives, no word of it is in the gateway", async () => {
  const { found, text } = await compiled({ default: { toy: {} } }, {}, { allowWarnings: { "check/unused-store": "a test" } });
  expect(found).toEqual([]);
  expect(text("stores.js")).toBe("");
  for (const word of ["living", "adminRoutes", "ousehold", "toy"]) expect(text("gateway.js")).not.toContain(word);
});
