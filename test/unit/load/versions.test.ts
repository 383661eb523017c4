import { describe, expect, test } from "vitest";
import { checkGateway } from "../../../compiler/index.ts";
import { memoryDisk, schema31 } from "../../../compiler/phases/1-load/index.ts";
import type { JsonObject } from "../../../compiler/source/source-set.ts";
import { project } from "./project.ts";
import { loadProject } from "./support.ts";

/** An `enum` decides about null by itself. */
const nulls = { allowsInEnum: false, found: () => {} };

const responses = 'responses: { "200": { description: ok } }';
const spec = (version: string, operation: string, rest = ""): string =>
  `openapi: ${version}\ninfo: { title: T, version: "1" }\npaths:\n  /a:\n    get: { ${operation}, ${responses} }\n${rest}`;

describe("OpenAPI 3.2", () => {
  test("says nothing where all of it is understood", async () => {
    const tags = "tags: [{ name: all, kind: nav }, { name: read, parent: all, summary: Reading }]\n";
    expect((await loadProject({ "openapi.yaml": spec("3.2.0", "tags: [read]", tags) })).codes).toEqual([]);
  });

  test("names what is not enforced, once", async () => {
    const item = (name: string): string =>
      `  /${name}:\n    post: { requestBody: { content: { application/jsonl: { itemSchema: {} }, multipart/mixed: { prefixEncoding: [] } } }, ${responses} }\n`;
    const text = spec(
      "3.2.0",
      "parameters: [{ name: q, in: querystring, content: { application/json: {} } }]",
      item("b") + item("c"),
    );
    expect((await loadProject({ "openapi.yaml": text })).found).toMatchObject([
      {
        code: "load/newer-openapi",
        shown: "querystring",
        message: "OpenAPI 3.2.0 is read, but nothing enforces parameters `in: querystring`, `itemSchema` and `prefixEncoding`.",
      },
    ]);
  });

  test("routes the QUERY method and additional operations", async () => {
    const text = `openapi: 3.2.0
info: { title: Orders, version: "1" }
security: [{ partnerKey: [] }]
paths:
  /orders:
    query: { operationId: queryOrders, ${responses} }
    additionalOperations:
      LINK: { operationId: linkOrder, ${responses} }
components: { securitySchemes: { partnerKey: { type: apiKey, in: header, name: X-API-Key } } }
`;
    const { ir, diagnostics } = await checkGateway("gateway.yaml", {
      disk: memoryDisk(new Map(Object.entries({ ...project, "openapi.yaml": text }))),
    });
    expect(diagnostics).toEqual([]);
    expect(ir!.operations.map(({ operationId, match }) => `${match.method} ${operationId}`)).toEqual([
      "LINK linkOrder",
      "QUERY queryOrders",
    ]);
  });

  test("additional operations are none before 3.2", async () => {
    const text = spec("3.1.0", "tags: []", `  /b: { additionalOperations: { LINK: { ${responses} } } }\n`);
    expect((await loadProject({ "openapi.yaml": text })).found).toMatchObject([
      { code: "load/unknown-path-item-key", shown: "additionalOperations" },
    ]);
  });

  test("a document may refer to itself by the address it gives itself", async () => {
    const rest =
      "$self: https://api.example.com/openapi.yaml\ncomponents: { parameters: { p: { name: p, in: query, schema: {} } } }\n";
    const text = spec("3.2.0", 'parameters: [{ $ref: "https://api.example.com/openapi.yaml#/components/parameters/p" }]', rest);
    expect((await loadProject({ "openapi.yaml": text })).codes).toEqual([]);
  });
});

describe("what stands beside `$ref` of a schema", () => {
  const rest = "components: { schemas: { A: { type: string } } }\n";
  const operation =
    'parameters: [{ name: p, in: query, schema: { $ref: "#/components/schemas/A", maxLength: 3, description: D } }]';
  const schemaIn = async (
    version: string,
  ): Promise<{ schema: JsonObject; codes: readonly string[]; positions: Parameters<typeof schema31>[1] }> => {
    const { sources, codes } = await loadProject({ "openapi.yaml": spec(version, operation, rest) });
    const paths = sources!.specs.get("openapi.yaml")!.document.paths as Record<
      string,
      Record<string, { parameters: { schema: JsonObject }[] }>
    >;
    return { schema: paths["/a"]!.get!.parameters[0]!.schema, codes, positions: sources!.positions };
  };

  test.each(["3.1.0", "3.2.0"])("counts in %s", async (version) => {
    const { schema, codes, positions } = await schemaIn(version);
    expect(schema31(schema, positions, nulls)).toEqual({ $ref: "#/components/schemas/A", maxLength: 3, description: "D" });
    expect(codes).toEqual([]);
  });

  test("is ignored in 3.0, which is said", async () => {
    const { schema, codes, positions } = await schemaIn("3.0.3");
    expect(schema31(schema, positions, nulls)).toEqual({ $ref: "#/components/schemas/A" });
    expect(codes).toEqual(["load/ref-siblings"]);
  });

  test("is no news where the target says the same", async () => {
    const repeated = 'parameters: [{ name: p, in: query, schema: { $ref: "#/components/schemas/A", type: string } }]';
    expect((await loadProject({ "openapi.yaml": spec("3.0.3", repeated, rest) })).codes).toEqual([]);
  });
});

describe("what users have tripped over", () => {
  test.each([
    ["maximum: 9223372036854775807", []],
    ["default: -9007199254740993", ["-9007199254740993"]],
    ["enum: [1, 9007199254740993]", ["9007199254740993"]],
    ["maximum: 9007199254740992", []],
    ["maximum: 9223372036854776000", []],
    ["example: 9007199254740993", []],
  ])("numbers beyond 2^53: %s", async (keyword, shown) => {
    const { found } = await loadProject({
      "openapi.yaml": spec("3.1.0", `parameters: [{ name: p, in: query, schema: { type: integer, ${keyword} } }]`),
    });
    expect(found.map((each) => [each.code, each.shown])).toEqual(shown.map((each) => ["load/imprecise-number", each]));
  });

  test("YAML 1.1 words are text", async () => {
    const text = spec(
      "3.1.0",
      "parameters: [{ name: on, in: query, schema: { type: string, enum: [no, yes, on, off, y, n, null, ~, NO, 012, 1_000] } }]",
    );
    const { sources, codes } = await loadProject({ "openapi.yaml": text });
    expect(codes).toEqual([]);
    const paths = sources!.specs.get("openapi.yaml")!.document.paths as Record<
      string,
      Record<string, { parameters: { name: string; schema: JsonObject }[] }>
    >;
    const [parameter] = paths["/a"]!.get!.parameters;
    expect(parameter!.name).toBe("on");
    expect(parameter!.schema.enum).toEqual(["no", "yes", "on", "off", "y", "n", null, null, "NO", 12, "1_000"]);
  });

  test("merge keys put their entries where they were not", async () => {
    const text = spec(
      "3.1.0",
      "<<: &common { deprecated: true, tags: [a] }, tags: [b]",
      `  /b:\n    get: { <<: *common, ${responses} }\n`,
    );
    const { sources, codes } = await loadProject({ "openapi.yaml": text });
    expect(codes).toEqual([]);
    const paths = sources!.specs.get("openapi.yaml")!.document.paths as Record<string, Record<string, JsonObject>>;
    expect([paths["/a"]!.get!.tags, paths["/b"]!.get!.tags, paths["/b"]!.get!.deprecated]).toEqual([["b"], ["a"], true]);
  });

  test.each([
    ["[{ url: / }]", ""],
    ["[{ url: /v1 }, { url: /v2 }]", "/v1"],
    ["[{ url: https://api.example.com/v3/ }, { url: /v2 }]", "/v3"],
    ["[{ url: '{base}/v4', variables: { base: { default: https://api.example.com } } }]", "/v4"],
  ])("servers: %s", async (servers, prepend) => {
    const text = `servers: ${servers}\n${project["openapi.yaml"]}`;
    const { ir, diagnostics } = await checkGateway("gateway.yaml", {
      disk: memoryDisk(new Map(Object.entries({ ...project, "openapi.yaml": text }))),
    });
    expect(diagnostics).toEqual([]);
    expect(new Set(ir!.operations.map(({ forward }) => ("prepend" in forward ? forward.prepend : undefined)))).toEqual(
      new Set([prepend]),
    );
  });

  test("`nullable` beside an `enum` without null adds no null", async () => {
    const text = spec("3.0.3", "parameters: [{ name: p, in: query, schema: { type: string, nullable: true, enum: [a] } }]");
    const { sources } = await loadProject({ "openapi.yaml": text });
    const paths = sources!.specs.get("openapi.yaml")!.document.paths as Record<
      string,
      Record<string, { parameters: { schema: JsonObject }[] }>
    >;
    expect(schema31(paths["/a"]!.get!.parameters[0]!.schema, sources!.positions, nulls)).toEqual({
      type: ["string", "null"],
      enum: ["a"],
    });
  });
});
