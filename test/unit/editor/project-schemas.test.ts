import { Ajv, type ValidateFunction } from "ajv";
import { describe, expect, test } from "vitest";
import { parse } from "yaml";
import { editSchema } from "../../../compiler/commands/schema/edit-schema.ts";
import { type ProjectSchema, projectSchemas } from "../../../compiler/commands/schema/project-schemas.ts";
import { DiagnosticSink } from "../../../compiler/diagnostics/sink.ts";
import { load } from "../../../compiler/phases/1-load/index.ts";
import { temporaryFolder } from "../../harness/temporary-folder.ts";

const spec = (paths: string): string => `openapi: 3.1.0
info: { title: Orders, version: 1.0.0 }
security: [{ partnerKey: [] }]
tags: [{ name: read, description: Changes nothing. }]
paths:
${paths}components:
  securitySchemes:
    partnerKey: { type: apiKey, in: header, name: X-API-Key, description: From the partner desk. }
`;

const list = `  /orders:
    get: { operationId: listOrders, summary: Lists orders, tags: [read], responses: { "200": { description: fine } } }
`;
const create = `    post: { tags: [write], responses: { "200": { description: fine } } }
`;

const gateway = (apis: string): string => `gateway: shop
compatibility: 2026-12-01
listeners: { public: { port: 8080 } }
apis:
${apis}services:
  orders: { endpoints: ["http://127.0.0.1:9001"] }
identity:
  schemes:
    partnerKey: { apiKey: { keys: { acme: { key: { env: ACME_KEY } } } } }
`;

const one = gateway("  orders: { service: orders, versions: { v1: { spec: openapi.yaml, policies: policies.yaml } } }\n");

async function schemasOf(files: Readonly<Record<string, string>>): Promise<ReadonlyMap<string, ProjectSchema>> {
  const folder = temporaryFolder(files);
  const sources = await load(`${folder}/gateway.yaml`, new DiagnosticSink());
  return new Map(projectSchemas(sources!, folder).map((schema) => [schema.name, schema]));
}

const compile = ({ schema }: ProjectSchema): ValidateFunction =>
  new Ajv({ strict: false, validateFormats: false }).compile(schema);
const accepts = (schema: ProjectSchema, yaml: string): boolean => compile(schema)(parse(yaml)) as boolean;

describe("a policy file", () => {
  const files = { "gateway.yaml": one, "openapi.yaml": spec(list + create), "policies.yaml": "{}\n" };

  test.each([
    ["an operation id", "operations: { listOrders: { requestId: {} } }", true],
    ["METHOD /path of an operation without id", "operations: { POST /orders: { requestId: {} } }", true],
    ["METHOD /path of an operation with an id", "operations: { GET /orders: { requestId: {} } }", true],
    ["a misspelt operation id", "operations: { listOrdrs: { requestId: {} } }", false],
    ["a tag", "tags: { write: { requestId: {} } }", true],
    ["an unknown tag", "tags: { wriet: { requestId: {} } }", false],
    ["a path", "paths: { /orders: { requestId: {} } }", true],
    ["an unknown path", "paths: { /order: { requestId: {} } }", false],
    ["an unknown option below a known operation", "operations: { listOrders: { requestId: { hedaer: X } } }", false],
    ["a scheme that has a provider", "all: { security: [{ partnerKey: [] }] }", true],
    ["a scheme that has none", "all: { security: [{ bearerAuth: [] }] }", false],
  ])("%s", async (_, yaml, isRight) => {
    const schemas = await schemasOf(files);
    expect(accepts(schemas.get("policies-orders-v1.schema.json")!, yaml)).toBe(isRight);
  });

  test("offers exactly the operation ids, with what they are", async () => {
    const { properties } = (await schemasOf(files)).get("policies-orders-v1.schema.json")!.schema;
    const hover = (key: string): unknown =>
      Object.entries(properties![key]!.properties!).map(([name, { description }]) => [name, description]);
    expect(hover("operations")).toEqual([
      ["listOrders", "GET /orders: Lists orders"],
      ["POST /orders", "POST /orders"],
    ]);
    expect(hover("tags")).toEqual([
      ["read", "Changes nothing.\n\nlistOrders"],
      ["write", "POST /orders"],
    ]);
    expect(hover("paths")).toEqual([["/orders", "GET listOrders, POST"]]);
  });

  test("that two versions share may select what both have", async () => {
    const apis = `  orders:
    service: orders
    versioning: { by: path }
    versions: { v1: { spec: v1.yaml, policies: policies.yaml }, v2: { spec: v2.yaml, policies: ./policies.yaml } }
`;
    const schemas = await schemasOf({
      "gateway.yaml": gateway(apis),
      "v1.yaml": spec(list + create),
      "v2.yaml": spec(list),
      "policies.yaml": "{}\n",
    });
    expect([...schemas.keys()]).toEqual(["gateway.schema.json", "policies-orders-v1.schema.json"]);
    const shared = schemas.get("policies-orders-v1.schema.json")!;
    expect(accepts(shared, "operations: { listOrders: {} }")).toBe(true);
    expect(accepts(shared, "operations: { POST /orders: {} }")).toBe(false);
  });

  test("has a schema of its own where names of APIs and versions run together", async () => {
    const apis = `  a: { service: orders, basePath: /a, versions: { b-c: { spec: v1.yaml, policies: one.yaml } } }
  a-b: { service: orders, basePath: /b, versions: { c: { spec: v1.yaml, policies: two.yaml } } }
`;
    const schemas = await schemasOf({
      "gateway.yaml": gateway(apis),
      "v1.yaml": spec(list),
      "one.yaml": "{}\n",
      "two.yaml": "{}\n",
    });
    expect([...schemas.values()].slice(1).map(({ name, file }) => [name, file])).toEqual([
      ["policies-a-b-c.schema.json", "one.yaml"],
      ["policies-a-b-c-2.schema.json", "two.yaml"],
    ]);
  });

  test("beside a spec that does not parse has none, and the others have theirs", async () => {
    const apis = `  orders: { service: orders, basePath: /o, versions: { v1: { spec: openapi.yaml, policies: policies.yaml } } }
  broken: { service: orders, basePath: /b, versions: { v1: { spec: broken.yaml, policies: b.yaml } } }
`;
    const schemas = await schemasOf({
      ...files,
      "gateway.yaml": gateway(apis),
      "broken.yaml": "openapi: [3.1.0\n",
      "b.yaml": "{}\n",
    });
    expect([...schemas.keys()]).toEqual(["gateway.schema.json", "policies-orders-v1.schema.json"]);
  });
});

describe("gateway.yaml", () => {
  const files = {
    "gateway.yaml": one,
    "openapi.yaml": spec(list + create),
    "policies.yaml": "{}\n",
    "other/openapi.yaml": spec(list),
  };

  test.each([
    ["itself", one, true],
    ["a service that is not there", one.replace("service: orders", "service: ordres"), false],
    ["a spec that was found", one.replace("spec: openapi.yaml", "spec: other/openapi.yaml"), true],
    ["a spec that comes later", one.replace("spec: openapi.yaml", "spec: new/openapi.yaml"), true],
    ["an API that comes later", one.replace("  orders: { service", "  stock: { service"), true],
    ["a guardrail by tag", `${one}guardrails: [{ select: { tags: [write] }, require: [partnerKey, rateLimit] }]\n`, true],
    ["a guardrail by an unknown tag", `${one}guardrails: [{ select: { tags: [wriet] }, require: [partnerKey] }]\n`, false],
    [
      "a guardrail by a tag to come",
      `${one}guardrails: [{ select: { tags: [internal] }, mayBeEmpty: true, require: [partnerKey] }]\n`,
      true,
    ],
    [
      "a guardrail by an unknown service",
      `${one}guardrails: [{ select: { services: [ordres] }, require: [partnerKey] }]\n`,
      false,
    ],
    ["a guardrail by API", `${one}guardrails: [{ select: { apis: [orders] }, require: [partnerKey] }]\n`, true],
    ["a guardrail by an unknown API", `${one}guardrails: [{ select: { apis: [ordres] }, require: [partnerKey] }]\n`, false],
    [
      "a guardrail that requires an unknown name",
      `${one}guardrails: [{ select: { all: true }, require: [partnerKye] }]\n`,
      false,
    ],
    ["a successor", one.replace("policies: policies.yaml", "successor: v1"), true],
    ["an unknown successor", one.replace("policies: policies.yaml", "successor: v9"), false],
  ])("%s", async (_, yaml, isRight) => {
    expect(accepts((await schemasOf(files)).get("gateway.schema.json")!, yaml)).toBe(isRight);
  });

  test("offers files, and schemes as the specs declare them", async () => {
    const { schema } = (await schemasOf(files)).get("gateway.schema.json")!;
    expect(schema.definitions!.apiVersion!.properties!.spec!.anyOf![0]!.enum).toEqual(["openapi.yaml", "other/openapi.yaml"]);
    expect(schema.definitions!.apiVersion!.properties!.policies!.anyOf![0]!.enum).toEqual(["policies.yaml"]);
    expect(schema.properties!.identity!.properties!.schemes!.properties!.partnerKey!.description).toBe(
      "apiKey in header X-API-Key\n\nFrom the partner desk.",
    );
  });

  test.each([
    ["nothing in it", "{}\n"],
    ["everything of the wrong kind", "apis: [1]\nservices: x\nidentity: { schemes: 7 }\n"],
    ["names that are no names", "apis: { __proto__: { versions: { v1: 3 } }, 'a b': null }\nservices: { __proto__: {} }\n"],
  ])("with %s still gets a schema that compiles", async (_, yaml) => {
    const schemas = await schemasOf({ "gateway.yaml": yaml });
    expect([...schemas.keys()]).toEqual(["gateway.schema.json"]);
    compile(schemas.get("gateway.schema.json")!);
  });
});

test("editing a part that the schema does not have is a bug of ours", () => {
  expect(() => editSchema({ properties: {} }, ["properties", "gone"], (part) => part)).toThrow("gone");
});
