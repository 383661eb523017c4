import { expect, it } from "vitest";
import { checkGateway } from "../../../compiler/index.ts";
import { temporaryFolder } from "../../harness/temporary-folder.ts";

const files = (policy: string, declared: string) => ({
  "gateway.yaml": `gateway: shop
compatibility: 2026-12-01
listeners: { public: { port: 8080 } }
services: { orders: { endpoints: [http://127.0.0.1:9001], retry: {} } }
identity: { schemes: { partnerKey: { apiKey: { keys: { acme: { key: { env: ACME_KEY } } } } } } }
apis: { orders: { versions: { v1: { spec: openapi.yaml, policies: policies.yaml } }, service: orders } }
`,
  "openapi.yaml": `openapi: 3.1.0
info: { title: Orders, version: "1" }
security: [{ partnerKey: [] }]
components: { securitySchemes: { partnerKey: { type: apiKey, in: header, name: X-API-Key } } }
paths:
  /orders:
    post:
      operationId: createOrder
      parameters: [${declared}{ name: X-Warehouse, in: header, schema: { type: string } }]
      responses: { "201": { description: created } }
`,
  "policies.yaml": `operations: { createOrder: { ${policy} } }\n`,
});

const declared = "{ name: Idempotency-Key, in: header, required: true, schema: { type: string } }, ";

it.each([
  ["the spec declares the field", "", declared, true],
  ["it does not", "", "", undefined],
  // The gateway's own attempts do not pass the policy again: a service that does not know the field would act twice.
  ["the policy keeps the promise that the spec declares", "idempotency: {}", declared, undefined],
  ["the policy says that the service may get it twice", "idempotency: { resend: known }", "", true],
])("a POST with a key may be repeated by `retry`: %s (traffic, part 2, point 1)", async (_what, policy, parameter, may) => {
  const { ir, diagnostics } = await checkGateway(`${temporaryFolder(files(policy, parameter))}/gateway.yaml`);
  expect(diagnostics).toEqual([]);
  const { forward } = ir!.operations[0]!;
  expect(forward.kind === "forward" ? forward.retry?.honoursKey : "answered").toBe(may);
});

it("its summary says what the key is for, what becomes of an unknown result, and what makes no difference", async () => {
  const { ir } = await checkGateway(`${temporaryFolder(files("idempotency: {}", declared))}/gateway.yaml`);
  expect(ir!.operations[0]!.steps.find(({ policy }) => policy === "idempotency")?.summary).toBe(
    "by caller and operation, key required; answers up to 64KiB kept 24h in memory; an unknown result is 409; requests are not told apart by X-Warehouse",
  );
});
