import { describe, expect, test } from "vitest";
import type { JsonObject } from "../../../compiler/source/source-set.ts";
import { project } from "./project.ts";
import { loadProject } from "./support.ts";

const spec = (paths: string, rest = ""): string => `openapi: 3.1.0\ninfo: { title: T, version: "1" }\npaths:\n${paths}${rest}`;
const operation = (inside: string): string => `  /a:\n    get: { responses: { "200": { description: ok } }, ${inside} }\n`;

describe("references", () => {
  test("lead through files, folders and escapes", async () => {
    const { sources, codes } = await loadProject({
      "openapi.yaml": spec('  /a:\n    $ref: "./parts/a%20b.yaml#/items/~1a~0%25"\n'),
      "parts/a b.yaml":
        'items:\n  "/a~%":\n    get: { parameters: [{ $ref: "../shared.json#/p" }], responses: { "200": { $ref: "#/ok" } } }\nok: { description: ok }\n',
      "shared.json": '{ "p": { "$ref": "#/q" }, "q": { "name": "n", "in": "query" } }',
    });
    expect(codes).toEqual([]);
    expect([...sources!.files.keys()]).toEqual([
      "gateway.yaml",
      "openapi.yaml",
      "parts/a b.yaml",
      "policies.yaml",
      "shared.json",
    ]);
    const resolve = sources!.specs.get("openapi.yaml")!.resolve;
    const item = resolve((sources!.specs.get("openapi.yaml")!.document.paths as JsonObject)["/a"] as JsonObject)!;
    const parameter = resolve(((item.get as JsonObject).parameters as JsonObject[])[0]!)!;
    expect(parameter).toEqual({ name: "n", in: "query" });
    expect(sources!.positions.value(parameter, "name")).toMatchObject({ file: "shared.json", line: 1 });
  });

  test("a broken one names the nearest", async () => {
    const text = spec(
      operation('parameters: [{ $ref: "#/components/parameters/Limt" }]'),
      "components: { parameters: { Limit: { name: limit, in: query } } }\n",
    );
    expect((await loadProject({ "openapi.yaml": text })).found).toMatchObject([
      {
        code: "load/broken-ref",
        shown: '"#/components/parameters/Limt"',
        help: 'Did you mean `"#/components/parameters/Limit"`?',
      },
    ]);
  });

  test("`#/$defs/…` of a schema that was pasted into a document names where the definition is now", async () => {
    const schema = "{ properties: { a: { $ref: '#/$defs/A' } }, $defs: { A: { type: string } } }";
    const text = spec("  {}\n", `components: { schemas: { Pasted: ${schema} } }\n`);
    expect((await loadProject({ "openapi.yaml": text })).found).toMatchObject([
      { code: "load/broken-ref", help: 'Did you mean `"#/components/schemas/Pasted/$defs/A"`?' },
    ]);
  });

  test("a missing file is reported at the reference", async () => {
    const { found } = await loadProject({
      "openapi.yaml": spec(operation("parameters: [{ $ref: lmit.yaml }]")),
      "limit.yaml": "{}",
    });
    expect(found).toMatchObject([
      { code: "load/file-missing", at: "openapi.yaml:5:76", shown: "lmit.yaml", help: "Did you mean `limit.yaml`?" },
    ]);
  });

  test("absolute paths belong to one machine", async () => {
    const { found } = await loadProject({
      "openapi.yaml": spec(operation("parameters: [{ $ref: /limit.yaml }]")),
      "limit.yaml": "{}",
    });
    expect(found).toMatchObject([{ code: "load/file-missing", shown: "/limit.yaml" }]);
  });

  test("habits are reported once", async () => {
    const text = spec(
      ["a", "b", "c"].map((name) => `  /${name}: { psot: {}, $ref: "#/components/pathItems/P" }\n`).join(""),
      "components: { pathItems: { P: { get: {} } } }\n",
    );
    expect((await loadProject({ "openapi.yaml": text })).codes).toEqual(["load/unknown-path-item-key", "load/missing-responses"]);
  });

  test("a folder is no document", async () => {
    const { codes } = await loadProject({
      "openapi.yaml": spec(operation("parameters: [{ $ref: parts }]")),
      "parts/a.yaml": "{}",
    });
    expect(codes).toEqual(["load/file-is-folder"]);
  });

  test("a circle is reported, a recursive schema is not", async () => {
    const circle =
      'components: { parameters: { A: { $ref: "#/components/parameters/B" }, B: { $ref: "#/components/parameters/A" } } }\n';
    expect((await loadProject({ "openapi.yaml": spec(operation("tags: []"), circle) })).codes).toEqual([
      "load/ref-cycle",
      "load/ref-cycle",
    ]);
    const tree =
      'components: { schemas: { Tree: { properties: { children: { items: { $ref: "#/components/schemas/Tree" } } } } } }\n';
    expect((await loadProject({ "openapi.yaml": spec(operation("tags: []"), tree) })).codes).toEqual([]);
  });

  test("data is not searched for references", async () => {
    const rest = `components:
  schemas:
    A:
      properties: { $ref: { type: string } }
      default: { $ref: nowhere.yaml }
      enum: [{ $ref: nowhere.yaml }]
      example: { $ref: nowhere.yaml }
      x-more: { $ref: nowhere.yaml }
  examples:
    E: { value: { $ref: nowhere.yaml } }
  headers:
    x-rate: { $ref: "#/components/headers/Rate" }
    Rate: { schema: { type: string } }
`;
    expect((await loadProject({ "openapi.yaml": spec(operation("description: { $ref: text.md }"), rest) })).codes).toEqual([]);
  });

  test("the network is not asked", async () => {
    expect(
      (await loadProject({ "openapi.yaml": spec(operation("parameters: [{ $ref: https://example.com/p.yaml }]")) })).codes,
    ).toEqual(["load/remote-ref"]);
    const rest = "components: { schemas: { A: { $ref: https://example.com/a.json } } }\n";
    expect((await loadProject({ "openapi.yaml": spec(operation("tags: []"), rest) })).found).toMatchObject([
      { code: "load/remote-schema-ref" },
    ]);
  });

  test("an operation in a file of its own takes its place", async () => {
    const { sources, codes } = await loadProject({
      "openapi.yaml": spec("  /a: { get: { $ref: operation.yaml } }\n"),
      "operation.yaml": 'operationId: a\nresponses: { "200": { description: ok } }\n',
    });
    expect(codes).toEqual(["load/loose-ref"]);
    const item = (sources!.specs.get("openapi.yaml")!.document.paths as JsonObject)["/a"] as JsonObject;
    expect(item.get).toMatchObject({ operationId: "a" });
    expect(sources!.positions.value(item.get as JsonObject, "operationId").file).toBe("operation.yaml");
  });

  test("paths of files have one spelling", async () => {
    const gateway = project["gateway.yaml"]!.replace("spec: openapi.yaml", "spec: ./x/../openapi.yaml");
    const { sources, codes } = await loadProject({ "gateway.yaml": gateway });
    expect(codes).toEqual([]);
    expect([...sources!.specs.keys()]).toEqual(["openapi.yaml"]);
    expect(sources!.gateway.apis!.orders!.versions.v1!.spec).toBe("openapi.yaml");
  });
});
