import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { CompilerCache, checkGateway, compileGateway } from "../../../compiler/index.ts";
import { memoryDisk } from "../../../compiler/phases/1-load/index.ts";
import { createDevelopmentLinker, type DevelopmentLinker } from "../../../compiler/phases/6-bundle/index.ts";

const gatewayYaml = `gateway: shop
compatibility: 2026-12-01
listeners: { public: { port: 8080 } }
apis:
  orders:
    service: backend
    versioning: { by: path, prefix: "/{version}" }
    versions:
      v1: { spec: openapi.yaml, policies: policies.yaml }
      v2: { spec: openapi.yaml, overlays: [overlay.yaml], policies: policies.yaml }
services: { backend: { endpoints: ["http://127.0.0.1:9"] } }
policies: { requestId: {} }
`;

/** It has what is warned of while reading (an unknown format, an endless reference), and a path item behind a \`$ref\`. */
const openapiYaml = `openapi: 3.1.0
info: { title: Orders, version: "1" }
paths:
  /orders:
    get:
      operationId: listOrders
      parameters:
        - { name: page, in: query, schema: { type: integer } }
      responses:
        "200": { description: all, content: { application/json: { schema: { $ref: "#/components/schemas/Page" } } } }
    post:
      operationId: createOrder
      requestBody: { content: { application/json: { schema: { $ref: "common.yaml#/Order" } } } }
      responses: { "201": { description: made } }
  /orders/{id}: { $ref: "common.yaml#/item" }
components:
  schemas:
    Page: { type: array, items: { $ref: "common.yaml#/Order" } }
    Endless: { $ref: "#/components/schemas/Endless" }
`;

const commonYaml = `Order:
  type: object
  required: [id]
  properties:
    id: { type: string, format: barcode, readOnly: true }
    parent: { $ref: "#/Order" }
item:
  parameters:
    - { name: id, in: path, required: true, schema: { type: string, maxLength: 20 } }
  get:
    operationId: getOrder
    responses:
      "200": { description: one, content: { application/json: { schema: { $ref: "#/Order" } } } }
`;

const overlayYaml = `overlay: 1.0.0
info: { title: Second version, version: "1" }
actions:
  - { target: "$.paths['/orders'].get", update: { summary: all of them } }
`;

const policiesYaml = `all: { public: for tests, validate: { response: enforce } }\n`;
const withoutEndless = openapiYaml.replace('    Endless: { $ref: "#/components/schemas/Endless" }\n', "");

/** Each changes what the one before left: new texts by path, undefined where the file goes. */
const edits: readonly (readonly [what: string, files: Readonly<Record<string, string | undefined>>])[] = [
  ["the spec is right", { "openapi.yaml": withoutEndless }],
  ["nothing", {}],
  ["an option of a policy", { "policies.yaml": policiesYaml.replace("enforce", "report") }],
  ["a policy more", { "policies.yaml": `${policiesYaml}operations: { createOrder: { requestSize: { max: 1KiB } } }\n` }],
  [
    "one operation asks for nothing",
    { "policies.yaml": `${policiesYaml}operations: { createOrder: { validate: off }, listOrders: { validate: off } }\n` },
  ],
  ["no operation asks", { "policies.yaml": "all: { public: for tests }\n" }],
  ["other views", { "policies.yaml": `${policiesYaml}operations: { createOrder: { validate: { readOnly: refuse } } }\n` }],
  ["back", { "policies.yaml": policiesYaml }],
  [
    "a condition on a typed parameter",
    { "policies.yaml": `${policiesYaml}paths: { "/orders/{id}": { rateLimit: { limit: 5/s, when: "params.id == '7'" } } }\n` },
  ],
  ["a comment moves the spec", { "openapi.yaml": `# moved\n${withoutEndless}` }],
  ["a schema of the spec", { "openapi.yaml": withoutEndless.replace("type: integer", "type: integer, minimum: 1") }],
  ["a file behind a reference", { "common.yaml": commonYaml.replace("maxLength: 20", "maxLength: 21") }],
  ["an overlay", { "overlay.yaml": overlayYaml.replace("summary: all of them", "deprecated: true") }],
  ["an overlay that hits nothing", { "overlay.yaml": overlayYaml.replace("/orders'", "/ordres'") }],
  ["the overlay again", { "overlay.yaml": overlayYaml }],
  ["the gateway file moves", { "gateway.yaml": `# moved\n\n${gatewayYaml}` }],
  ["other policies in the gateway file", { "gateway.yaml": gatewayYaml.replace("requestId: {}", "securityHeaders: {}") }],
  ["one version less", { "gateway.yaml": gatewayYaml.replace(/ {6}v2: .*\n/, "") }],
  ["both versions, the same spec", { "gateway.yaml": gatewayYaml.replace("overlays: [overlay.yaml], ", "") }],
  ["the first gateway file", { "gateway.yaml": gatewayYaml }],
  [
    "a version that is told by its media type",
    { "gateway.yaml": gatewayYaml.replace('by: path, prefix: "/{version}"', "by: mediaType, name: v") },
  ],
  ["the first gateway file again", { "gateway.yaml": gatewayYaml }],
  ["a policy file with an error", { "policies.yaml": `${policiesYaml}operations: { listOrdrs: { requestId: {} } }\n` }],
  ["and its repair", { "policies.yaml": policiesYaml }],
  ["a spec that does not parse", { "openapi.yaml": `${withoutEndless}  - [` }],
  ["and its repair", { "openapi.yaml": withoutEndless }],
  ["the file behind a reference is gone", { "common.yaml": undefined }],
  ["and back", { "common.yaml": commonYaml }],
  [
    "the spec has another name",
    {
      "openapi.yaml": undefined,
      "orders.yaml": withoutEndless,
      "gateway.yaml": gatewayYaml.replaceAll("openapi.yaml", "orders.yaml"),
    },
  ],
  ["the gateway file is gone", { "gateway.yaml": undefined }],
  ["everything as at first", { "openapi.yaml": withoutEndless, "orders.yaml": undefined, "gateway.yaml": gatewayYaml }],
];

let kept: DevelopmentLinker;
beforeAll(async () => {
  kept = await createDevelopmentLinker();
});
afterAll(() => kept.dispose());

test("a build after any edit is, byte by byte, the build that knows nothing of earlier ones", async () => {
  const files = new Map([
    ["gateway.yaml", gatewayYaml],
    ["openapi.yaml", openapiYaml],
    ["common.yaml", commonYaml],
    ["overlay.yaml", overlayYaml],
    ["policies.yaml", policiesYaml],
  ]);
  const disk = memoryDisk(files);
  const cache = new CompilerCache();
  const codes = new Set<string>();
  let built = 0;
  for (const [what, changed] of [["the first build", {}] as const, ...edits]) {
    for (const [path, text] of Object.entries(changed)) {
      if (text === undefined) files.delete(path);
      else files.set(path, text);
    }
    const again = await compileGateway("gateway.yaml", { cache, disk });
    const alone = await compileGateway("gateway.yaml", { disk });
    expect(again.diagnostics, what).toEqual(alone.diagnostics);
    expect([...(again.sources?.files ?? [])], what).toEqual([...(alone.sources?.files ?? [])]);
    expect(again.ir, what).toEqual(alone.ir);
    for (const { code } of again.diagnostics) codes.add(code);
    expect(again.modules === undefined, what).toBe(alone.modules === undefined);
    if (again.modules === undefined || alone.modules === undefined) continue;
    expect([...again.modules], what).toEqual([...alone.modules]);
    const fresh = await createDevelopmentLinker();
    expect([...(await kept.link(again.modules, ".."))], what).toEqual([...(await fresh.link(alone.modules, ".."))]);
    await fresh.dispose();
    built += 1;
  }
  expect(built, "most of these build").toBeGreaterThan(20);
  expect([...codes], "warnings of specs are among those repeated").toContain("schemas/unknown-format");
});

test("specs are read again where one of their files changed, and only there", async () => {
  const files = new Map([
    ["gateway.yaml", gatewayYaml],
    ["openapi.yaml", withoutEndless],
    ["common.yaml", commonYaml],
    ["overlay.yaml", overlayYaml],
    ["policies.yaml", policiesYaml],
  ]);
  const options = { disk: memoryDisk(files), cache: new CompilerCache() };
  const specOf = async (): Promise<unknown> => (await checkGateway("gateway.yaml", options)).sources?.specs.get("openapi.yaml");
  const schemasOf = async (): Promise<unknown> => (await checkGateway("gateway.yaml", options)).ir?.schemas;
  const first = await specOf();
  const schemas = await schemasOf();
  expect(schemas).not.toHaveLength(0);
  files.set("policies.yaml", `${policiesYaml}tags: {}\n`);
  files.set("gateway.yaml", `# moved\n${gatewayYaml}`);
  expect(await specOf()).toBe(first);
  expect(await schemasOf()).toBe(schemas);
  files.set("common.yaml", `${commonYaml}# moved\n`);
  expect(await specOf()).not.toBe(first);
  expect(await schemasOf()).not.toBe(schemas);
});

test("the code of schemas is kept where a security scheme has one too, until that one changes", async () => {
  const gateway = (type: string): string =>
    `${gatewayYaml}identity: { schemes: { staff: { jwt: { issuer: "https://issuer.test/", audience: shop, claims: { level: { type: ${type} } } } } } }\n`;
  const files = new Map([
    ["gateway.yaml", gateway("integer")],
    ["openapi.yaml", withoutEndless],
    ["common.yaml", commonYaml],
    ["overlay.yaml", overlayYaml],
    ["policies.yaml", policiesYaml],
  ]);
  const cache = new CompilerCache();
  const printed = vi.spyOn(cache.schemas, "print");
  const print = async (path: string, text: string): Promise<unknown> => {
    files.set(path, text);
    const { diagnostics } = await compileGateway("gateway.yaml", { disk: memoryDisk(files), cache });
    expect(diagnostics.filter(({ severity }) => severity === "error")).toEqual([]);
    return printed.mock.results.at(-1)!.value;
  };
  const first = await print("gateway.yaml", gateway("integer"));
  expect(await print("policies.yaml", `${policiesYaml}tags: {}\n`)).toBe(first);
  expect(await print("gateway.yaml", gateway("string"))).not.toBe(first);
});
