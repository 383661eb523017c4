import { expect, test } from "vitest";
import { checkGateway } from "../../../compiler/index.ts";
import { memoryDisk } from "../../../compiler/phases/1-load/index.ts";

const json = { content: { "application/json": { schema: { type: "object" } } } };
const spec = (operation: object): string =>
  JSON.stringify({
    openapi: "3.1.0",
    info: { title: "Orders", version: "1" },
    paths: { "/orders": { post: { operationId: "create", responses: { 200: { description: "ok" } }, ...operation } } },
  });

async function findings(bodyMemory: string, operation: object, policies: object): Promise<readonly string[]> {
  const gateway = {
    gateway: "shop",
    compatibility: "2026-12-01",
    listeners: { public: { port: 8080, limits: { bodyMemory } } },
    services: { orders: { endpoints: ["http://127.0.0.1:9000"] } },
    apis: { orders: { service: "orders", versions: { v1: { spec: "spec.json" } } } },
    policies: { public: "a test", ...policies },
  };
  const files = new Map([
    ["gateway.yaml", JSON.stringify(gateway)],
    ["spec.json", spec(operation)],
  ]);
  const { diagnostics } = await checkGateway("gateway.yaml", { disk: memoryDisk(files) });
  return diagnostics.map(({ code, message }) => `${code}: ${message}`);
}

const taken = { requestBody: json };
const given = { responses: { 200: { description: "ok", ...json } } };
const warned = (budget: string, largest: string): string =>
  `check/body-memory-too-small: \`bodyMemory\` is ${budget}, and \`validate\` allows bodies of up to ${largest}.`;

test.each([
  ["by default", "512KiB", taken, {}, "1MiB"],
  ["as it says", "4MiB", taken, { validate: { maxBody: "16MiB" } }, "16MiB"],
  ["by the default of a setting", "${env:BODIES:-512KiB}", taken, {}, "1MiB"],
  ["of answers", "4MiB", given, { validate: { maxBody: "16MiB", response: "enforce" } }, "16MiB"],
  [
    "with a smaller bound that only reports",
    "4MiB",
    taken,
    { validate: { maxBody: "16MiB" }, requestSize: { max: "1MiB", mode: "report" } },
    "16MiB",
  ],
  [
    "with a smaller bound that is still too large",
    "4MiB",
    taken,
    { validate: { maxBody: "16MiB" }, requestSize: { max: "8MiB" } },
    "8MiB",
  ],
])("memory for bodies that is smaller than one body is warned of: %s", async (_name, budget, operation, policies, largest) => {
  expect(await findings(budget, operation, policies)).toEqual([warned(budget.replace(/^.*:-(.*)\}$/, "$1"), largest)]);
});

test.each([
  ["as large as the largest body", "16MiB", taken, { validate: { maxBody: "16MiB" } }],
  ["that is known when the gateway starts", "${env:BODIES}", taken, {}],
  ["where no body is held", "512KiB", {}, {}],
  [
    "where only parameters are checked",
    "512KiB",
    { parameters: [{ in: "query", name: "page", schema: { type: "integer" } }] },
    {},
  ],
  ["where nobody checks them", "512KiB", taken, { validate: "off" }],
  ["where a smaller bound comes first", "4MiB", taken, { validate: { maxBody: "16MiB" }, requestSize: { max: "1MiB" } }],
])("memory for bodies is enough: %s", async (_name, budget, operation, policies) => {
  expect(await findings(budget, operation, policies)).toEqual([]);
});

test("a body that is held to be sent once counts, and not the answer that is kept where there is room", async () => {
  const found = await findings("512KiB", {}, { idempotency: { maxAnswer: "32MiB", anonymous: "uuid" } });
  expect(found).toEqual(["check/body-memory-too-small: `bodyMemory` is 512KiB, and `idempotency` allows bodies of up to 1MiB."]);
});
