import { expect, test } from "vitest";
import { compileProject } from "../../harness/compile-project.ts";

const gateway = `gateway: test
compatibility: 2026-12-01
listeners: { public: { port: 8080 } }
apis: { people: { versions: { v1: { spec: openapi.yaml, policies: policies.yaml } }, service: people } }
services: { people: { endpoints: ["http://127.0.0.1:1"] } }
policies: { tracing: { redact: [sig] }, accessLog: { query: true } }
`;
const spec = `openapi: 3.1.0
info: { title: People, version: "1" }
paths:
  /people:
    parameters: [{ name: iban, in: query, schema: { $ref: "#/components/schemas/Iban" } }]
    get:
      parameters: [{ name: ssn, in: query, x-sensitive: true, schema: { type: string } }, { name: page, in: query, schema: { type: integer } }]
      responses: { "200": { description: people } }
  /orders: { get: { responses: { "200": { description: orders } } } }
components: { schemas: { Iban: { type: string, format: password } } }
`;

test("what a spec marks as secret is in no span and no line, whichever operation a request matches", async () => {
  const { ir, codes } = await compileProject(
    new Map([
      ["gateway.yaml", gateway],
      ["openapi.yaml", spec],
      ["policies.yaml", "all: { public: sample }\n"],
    ]),
  );
  expect(codes).toEqual([]);
  const chains = [...ir!.operations.map(({ steps }) => steps), ir!.unmatched];
  expect(chains.length).toBe(3);
  for (const steps of chains)
    for (const policy of ["tracing", "accessLog"]) {
      const { redact } = steps.find((step) => step.policy === policy)!.config as unknown as {
        readonly redact: readonly string[];
      };
      expect([policy, redact]).toEqual([policy, expect.arrayContaining(["iban", "ssn"])]);
      expect(redact).not.toContain("page");
    }
});
