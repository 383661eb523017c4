import { existsSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import { linkParameters } from "../../../compiler/contract/parameters/link.ts";
import { SchemaTable } from "../../../compiler/contract/schemas/table.ts";
import { pages } from "../../../compiler/diagnostics/pages.gen.ts";
import type { ParameterIr } from "../../../compiler/ir/parameter.ts";
import type { JsonSchema } from "../../../compiler/ir/schema.ts";
import type { JsonObject } from "../../../compiler/source/source-set.ts";
import { loadSpec } from "./readers.ts";

/** Parameters of every operation, by method and path. */
async function link(
  document: object,
): Promise<{ operations: Map<string, readonly ParameterIr[]>; codes: string[]; messages: string[] }> {
  const { sources, spec, sink } = await loadSpec(document);
  const table = new SchemaTable(sources.positions, sink);
  const operations = new Map<string, readonly ParameterIr[]>();
  for (const [path, pathItem] of Object.entries(spec.document.paths as JsonObject) as [string, JsonObject][]) {
    for (const method of ["get", "put", "post", "delete"]) {
      const operation = pathItem[method] as JsonObject | undefined;
      if (operation === undefined) continue;
      const schemas = {
        add: (schema: Parameters<typeof table.add>[1], name: string): string =>
          table.add(spec, schema, { scope: "orders.v1", name, view: "request" }),
        get: (id: string): JsonSchema | undefined => table.get(id),
      };
      operations.set(
        `${method} ${path}`,
        linkParameters({ spec, pathItem, operation }, { positions: sources.positions, sink, schemas }),
      );
    }
  }
  const found = sink.sorted().filter(({ code }) => code.startsWith("parameters/"));
  return { operations, codes: found.map(({ code }) => code), messages: found.map(({ message }) => message) };
}

const documentOf = (parameters: readonly unknown[], pathItem: object = {}, openapi = "3.1.1"): object => ({
  openapi,
  info: { title: "Orders", version: "1" },
  paths: { "/orders": { ...pathItem, get: { parameters, responses: {} } } },
  components: {
    parameters: { Limit: { name: "limit", in: "query", schema: { type: "integer" } } },
    schemas: { Tree: { type: "object", properties: { child: { $ref: "#/components/schemas/Tree" } } } },
  },
});

describe("linkParameters", () => {
  it("lets the operation override the path item by name and place", async () => {
    const own = [
      { name: "limit", in: "query", schema: { type: "string" } },
      { name: "limit", in: "header", schema: { type: "boolean" } },
    ];
    const { operations, codes } = await link(
      documentOf(own, {
        parameters: [{ $ref: "#/components/parameters/Limit" }, { name: "sort", in: "query", schema: { type: "string" } }],
      }),
    );
    expect(operations.get("get /orders")!.map(({ in: where, name, shape }) => [where, name, ...shape.scalar])).toEqual([
      ["query", "limit", "string"],
      ["query", "sort", "string"],
      ["header", "limit", "boolean"],
    ]);
    expect(codes).toEqual([]);
  });

  it("has the defaults of OpenAPI for style and explode", async () => {
    const parameters = [
      ["path", "simple", false],
      ["query", "form", true],
      ["header", "simple", false],
      ["cookie", "form", true],
    ] as const;
    const { operations } = await link(
      documentOf(parameters.map(([where]) => ({ name: "x", in: where, required: where === "path", schema: { type: "string" } }))),
    );
    expect(operations.get("get /orders")!.map(({ in: where, style, explode }) => [where, style, explode])).toEqual(parameters);
  });

  it.each([
    [
      "a style of another place",
      { name: "x", in: "path", required: true, style: "form", schema: { type: "string" } },
      "parameters/style-not-allowed",
    ],
    [
      "deepObject with arrays",
      { name: "x", in: "query", style: "deepObject", schema: { type: "array", items: { type: "string" } } },
      "parameters/undefined-serialisation",
    ],
    [
      "an exploded object in a cookie",
      { name: "x", in: "cookie", schema: { type: "object", properties: { a: { type: "string" } } } },
      "parameters/undefined-serialisation",
    ],
    [
      "exploded spaceDelimited",
      { name: "x", in: "query", style: "spaceDelimited", explode: true, schema: { type: "array", items: { type: "string" } } },
      "parameters/undefined-serialisation",
    ],
    [
      "recursion",
      { name: "x", in: "query", style: "deepObject", schema: { $ref: "#/components/schemas/Tree" } },
      "parameters/unenforced-parameter",
    ],
    [
      "arrays of arrays",
      { name: "x", in: "query", schema: { type: "array", items: { type: "array", items: { type: "string" } } } },
      "parameters/unenforced-parameter",
    ],
    ["no schema", { name: "x", in: "query" }, "parameters/unenforced-parameter"],
    [
      "an unknown media type",
      { name: "x", in: "query", content: { "application/xml": { schema: {} } } },
      "parameters/unenforced-parameter",
    ],
    ["Authorization", { name: "authorization", in: "header", schema: { type: "string" } }, "parameters/ignored-header"],
  ])("warns of %s", async (_, parameter, code) => {
    expect((await link(documentOf([parameter]))).codes).toEqual([code]);
  });

  it("reads recursion in JSON without a word", async () => {
    const { codes } = await link(
      documentOf([
        { name: "x", in: "query", content: { "application/json": { schema: { $ref: "#/components/schemas/Tree" } } } },
      ]),
    );
    expect(codes).toEqual([]);
  });

  const own = Object.entries(pages).filter(([code]) => code.startsWith("parameters/"));

  it.each(own)("%s has examples that are true", async (code, { bad, good }) => {
    expect((await link(parse(bad["openapi.yaml"]!) as object)).codes).toEqual([code]);
    expect((await link(parse(good["openapi.yaml"]!) as object)).codes).toEqual([]);
  });
});

const readme = process.env.GATEWRIGHT_CORPUS ?? new URL("../../../../shared/corpus/openapi", import.meta.url).pathname;

describe.skipIf(!existsSync(`${readme}/readme/3.0`))("published examples", () => {
  it.each(["parameters-style", "parameters-cookies"])("%s.json is read, and told of where it is undefined", async (name) => {
    const { operations, codes } = await link(JSON.parse(readFileSync(`${readme}/readme/3.0/${name}.json`, "utf8")) as object);
    const all = [...operations.values()].flat();
    expect(all.length).toBeGreaterThan(0);
    expect(all.every(({ enforced }) => enforced === "value")).toBe(true);
    expect(new Set(codes)).toEqual(new Set(name === "parameters-style" ? ["parameters/undefined-serialisation"] : []));
  });
});
