import { describe, expect, test } from "vitest";
import type { JsonObject } from "../../../compiler/source/source-set.ts";
import { loadProject } from "./support.ts";

const swagger = (operation: string, rest = ""): string => `swagger: "2.0"
info: { title: Orders, version: 1.0.0 }
${rest}paths:
  /orders:
    post: ${operation}
`;

/** The converted document and what was reported. */
async function converted(text: string, files: Readonly<Record<string, string>> = {}) {
  const { sources, codes, found } = await loadProject({ "openapi.yaml": text, ...files });
  const spec = sources!.specs.get("openapi.yaml")!;
  const document = spec.document as Record<string, JsonObject>;
  const operation = ((document.paths?.["/orders"] as JsonObject | undefined)?.post ?? {}) as JsonObject;
  return { spec, document, operation, codes, found, positions: sources!.positions };
}

const ok = 'responses: { "200": { description: ok } }';

describe("servers", () => {
  test.each([
    [
      "host: api.example.com\nbasePath: /v2\nschemes: [https, http]\n",
      ["https://api.example.com/v2", "http://api.example.com/v2"],
    ],
    ["host: api.example.com:8443\n", ["//api.example.com:8443/"]],
    ["basePath: v2\n", ["/v2"]],
    ["", undefined],
  ])("%j", async (rest, urls) => {
    const { document, codes } = await converted(swagger(`{ ${ok} }`, rest));
    expect((document.servers as unknown as JsonObject[] | undefined)?.map(({ url }) => url)).toEqual(urls);
    expect(codes).toEqual([]);
  });
});

describe("bodies", () => {
  test("a body parameter becomes the request body, in every media type that is consumed", async () => {
    const text = swagger(
      `{ consumes: [application/json, text/xml], parameters: [{ in: body, name: order, required: true, schema: { type: object, x-nullable: true } }], ${ok} }`,
      "consumes: [text/plain]\n",
    );
    const { operation, codes, positions } = await converted(text);
    expect(codes).toEqual([]);
    expect(operation.parameters).toEqual([]);
    const schema = { type: ["object", "null"] };
    expect(operation.requestBody).toEqual({
      required: true,
      content: { "application/json": { schema }, "text/xml": { schema } },
    });
    const media = ((operation.requestBody as JsonObject).content as JsonObject)["application/json"] as JsonObject;
    const shown = ({ start, end }: { readonly start: number; readonly end: number }): string => text.slice(start, end);
    expect(shown(positions.value(media, "schema"))).toBe("{ type: object, x-nullable: true }");
    expect(shown(positions.key(operation.requestBody as JsonObject, "required"))).toBe("required");
    expect(shown(positions.of(media))).toMatch(/^\{ in: body.*\}$/);
  });

  test("what the document consumes holds where an operation says nothing", async () => {
    const { operation } = await converted(
      swagger(`{ parameters: [{ in: body, name: order, schema: {} }], ${ok} }`, "consumes: [text/plain]\n"),
    );
    expect(Object.keys((operation.requestBody as JsonObject).content as JsonObject)).toEqual(["text/plain"]);
  });

  test("form fields become one schema with encodings", async () => {
    const { operation, codes } = await converted(
      swagger(`
      parameters:
        - { in: formData, name: note, type: string, required: true, description: A note. }
        - { in: formData, name: tags, type: array, items: { type: string }, collectionFormat: multi }
        - { in: query, name: max, type: integer, maximum: 9, exclusiveMaximum: true }
      ${ok}`),
    );
    expect(codes).toEqual([]);
    expect(operation.parameters).toEqual([{ in: "query", name: "max", schema: { type: "integer", exclusiveMaximum: 9 } }]);
    expect(operation.requestBody).toEqual({
      required: true,
      content: {
        "application/x-www-form-urlencoded": {
          schema: {
            type: "object",
            properties: { note: { type: "string", description: "A note." }, tags: { type: "array", items: { type: "string" } } },
            required: ["note"],
          },
          encoding: { tags: { style: "form", explode: true } },
        },
      },
    });
  });

  test("a file makes the form multipart", async () => {
    const { operation } = await converted(
      swagger(
        `{ parameters: [{ in: formData, name: image, type: file }], ${ok} }`,
        "consumes: [application/x-www-form-urlencoded]\n",
      ),
    );
    expect(operation.requestBody).toEqual({
      content: {
        "multipart/form-data": { schema: { type: "object", properties: { image: { type: "string", format: "binary" } } } },
      },
    });
  });

  test("the path item's body holds for operations without one, also by reference", async () => {
    const text = `swagger: "2.0"
info: { title: T, version: "1" }
parameters:
  Order: { in: body, name: order, schema: { $ref: "#/definitions/Order" } }
definitions:
  Order: { type: object }
paths:
  /orders:
    parameters: [{ $ref: "#/parameters/Order" }]
    post: { ${ok} }
    put: { parameters: [{ in: body, name: own, schema: { type: string } }], ${ok} }
`;
    const { document, operation, codes } = await converted(text);
    expect(codes).toEqual([]);
    expect(operation.requestBody).toEqual({
      content: { "application/json": { schema: { $ref: "#/components/schemas/Order" } } },
    });
    expect(((document.paths!["/orders"] as JsonObject).put as JsonObject).requestBody).toEqual({
      content: { "application/json": { schema: { type: "string" } } },
    });
    expect(document.components).toEqual({ schemas: { Order: { type: "object" } }, parameters: {} });
  });
});

describe("lists", () => {
  test.each([
    ["query", "csv", "form", false],
    ["query", "ssv", "spaceDelimited", false],
    ["query", "pipes", "pipeDelimited", false],
    ["query", "multi", "form", true],
    ["path", "csv", "simple", false],
    ["header", "csv", "simple", false],
  ])("%s, %s", async (location, collectionFormat, style, explode) => {
    const { operation, codes } = await converted(
      swagger(
        `{ parameters: [{ in: ${location}, name: a, type: array, items: { type: integer }, collectionFormat: ${collectionFormat} }], ${ok} }`,
      ),
    );
    expect(codes).toEqual([]);
    expect((operation.parameters as JsonObject[])[0]).toMatchObject({
      style,
      explode,
      schema: { type: "array", items: { type: "integer" } },
    });
  });

  test.each([
    ["query", "tsv"],
    ["path", "pipes"],
    ["header", "multi"],
  ])("%s, %s cannot be said in OpenAPI 3", async (location, collectionFormat) => {
    const { operation, found } = await converted(
      swagger(
        `{ parameters: [{ in: ${location}, name: a, type: array, items: { type: integer }, collectionFormat: ${collectionFormat} }], ${ok} }`,
      ),
    );
    expect(found).toMatchObject([{ code: "load/collection-format", shown: collectionFormat }]);
    expect(operation.parameters).toEqual([{ in: location, name: "a", schema: { type: "string" } }]);
  });

  test("without a format they are separated by commas", async () => {
    const { operation } = await converted(
      swagger(`{ parameters: [{ in: query, name: a, type: array, items: { type: integer } }], ${ok} }`),
    );
    expect((operation.parameters as JsonObject[])[0]).toMatchObject({ style: "form", explode: false });
  });
});

describe("responses", () => {
  test("take the media types of their operation, also where they are shared", async () => {
    const rest =
      'produces: [application/json]\nresponses:\n  Order: { description: An order, schema: { type: object }, examples: { text/csv: "a,b" }, headers: { X-Rate: { type: integer } } }\n';
    const { operation, document, codes } = await converted(
      swagger(
        '{ produces: [text/csv], responses: { "200": { $ref: "#/responses/Order" }, default: { description: bad, schema: { type: file } } } }',
        rest,
      ),
    );
    expect(codes).toEqual([]);
    expect(operation.responses).toEqual({
      "200": {
        description: "An order",
        headers: { "X-Rate": { schema: { type: "integer" } } },
        content: { "text/csv": { schema: { type: "object" }, example: "a,b" } },
      },
      default: { description: "bad", content: { "text/csv": { schema: { type: "string", format: "binary" } } } },
    });
    expect((document.components as Record<string, JsonObject>).responses).toMatchObject({
      Order: { content: { "application/json": {} } },
    });
  });

  test("stay references where the media types are the same", async () => {
    const rest = "responses:\n  Order: { description: An order, schema: { type: object } }\n";
    const { operation, spec } = await converted(swagger('{ responses: { "200": { $ref: "#/responses/Order" } } }', rest));
    const reference = (operation.responses as JsonObject)["200"] as JsonObject;
    expect(reference).toEqual({ $ref: "#/components/responses/Order" });
    expect(spec.resolve(reference)).toBe((spec.document.components as Record<string, JsonObject>).responses!.Order);
  });
});

test.each([
  ["{ type: basic }", { type: "http", scheme: "basic" }],
  ["{ type: apiKey, in: query, name: key }", { type: "apiKey", in: "query", name: "key" }],
  [
    "{ type: oauth2, flow: accessCode, authorizationUrl: https://a, tokenUrl: https://t, scopes: { read: Reads } }",
    {
      type: "oauth2",
      flows: { authorizationCode: { authorizationUrl: "https://a", tokenUrl: "https://t", scopes: { read: "Reads" } } },
    },
  ],
  [
    "{ type: oauth2, flow: application, tokenUrl: https://t }",
    { type: "oauth2", flows: { clientCredentials: { tokenUrl: "https://t", scopes: {} } } },
  ],
])("security %s", async (written, expected) => {
  const { document, codes } = await converted(swagger(`{ ${ok} }`, `securityDefinitions: { s: ${written} }\n`));
  expect(codes).toEqual([]);
  expect((document.components as Record<string, JsonObject>).securitySchemes!.s).toEqual(expected);
});

describe("schemas", () => {
  test("have the words of JSON Schema 2020-12", async () => {
    const { document, codes } = await converted(
      swagger(
        `{ ${ok} }`,
        `definitions:
  Pet:
    type: object
    discriminator: kind
    properties:
      kind: { type: string, x-nullable: true, enum: [cat, dog] }
      age: { type: integer, minimum: 0, exclusiveMinimum: true }
      picture: { type: file }
      any: { x-nullable: true }
      $ref: { type: string }
`,
      ),
    );
    expect(codes).toEqual([]);
    expect((document.components as Record<string, JsonObject>).schemas!.Pet).toEqual({
      type: "object",
      discriminator: { propertyName: "kind" },
      properties: {
        kind: { type: ["string", "null"], enum: ["cat", "dog", null] },
        age: { type: "integer", exclusiveMinimum: 0 },
        picture: { type: "string", format: "binary" },
        any: { "x-nullable": true },
        $ref: { type: "string" },
      },
    });
  });

  test("a list of types is read as OpenAPI 3.1 has it", async () => {
    const { document, found } = await converted(swagger(`{ ${ok} }`, 'definitions: { A: { type: [string, "null"] } }\n'));
    expect(found).toMatchObject([{ code: "load/swagger-type-list", shown: '[string, "null"]' }]);
    expect((document.components as Record<string, JsonObject>).schemas!.A).toEqual({ type: ["string", "null"] });
  });
});

describe("references", () => {
  test("lead through files and back", async () => {
    const { operation, spec, codes, positions } = await converted(
      swagger(
        '{ parameters: [{ $ref: "shared.yaml#/max" }, { $ref: "shared.yaml#/order" }], responses: { "200": { description: ok, schema: { $ref: "pet.yaml" } } } }',
        "definitions: { Tag: { type: string, x-nullable: true } }\n",
      ),
      {
        "shared.yaml":
          "max: { in: query, name: max, type: integer }\norder: { in: body, name: order, schema: { $ref: pet.yaml } }\n",
        "pet.yaml": 'type: object\nproperties: { tag: { $ref: "openapi.yaml#/definitions/Tag" } }\n',
      },
    );
    expect(codes).toEqual([]);
    const parameter = spec.resolve((operation.parameters as JsonObject[])[0]!)!;
    expect(parameter).toEqual({ in: "query", name: "max", schema: { type: "integer" } });
    expect(positions.value(parameter, "schema")).toMatchObject({ file: "shared.yaml", line: 1 });
    const media = ((operation.requestBody as JsonObject).content as JsonObject)["application/json"] as JsonObject;
    const pet = spec.resolve(media.schema as JsonObject)!;
    const tag = (pet.properties as JsonObject).tag as JsonObject;
    expect(tag).toEqual({ $ref: "openapi.yaml#/components/schemas/Tag" });
    expect(spec.resolve(tag)).toEqual({ type: ["string", "null"] });
    expect(spec.resolve(tag)).toBe((spec.document.components as Record<string, JsonObject>).schemas!.Tag);
  });

  test("a broken one is told in the words of the document", async () => {
    const { found } = await converted(
      swagger(
        '{ responses: { "200": { description: ok, schema: { $ref: "#/definitions/Ordr" } } } }',
        "definitions: { Order: {} }\n",
      ),
    );
    expect(found).toMatchObject([{ code: "load/broken-ref", help: 'Did you mean `"#/definitions/Order"`?' }]);
  });

  test("a pointer into the middle of things", async () => {
    const { operation, spec, codes } = await converted(
      swagger(
        '{ parameters: [{ in: body, name: a, schema: { properties: { b: { type: file } } } }], responses: { "200": { description: ok, schema: { $ref: "#/paths/~1orders/post/parameters/0/schema/properties/b" } } } }',
      ),
    );
    expect(codes).toEqual([]);
    const media = (((operation.responses as JsonObject)["200"] as JsonObject).content as JsonObject)[
      "application/json"
    ] as JsonObject;
    expect(spec.resolve(media.schema as JsonObject)).toEqual({ type: "string", format: "binary" });
  });
});

test.each([
  ['"1.2"', "load/unknown-openapi"],
  ["2.0", undefined],
  ['"2.0"', undefined],
])("swagger: %s", async (version, code) => {
  const { codes } = await loadProject({ "openapi.yaml": `swagger: ${version}\ninfo: { title: T, version: "1" }\npaths: {}\n` });
  expect(codes).toEqual(code === undefined ? [] : [code]);
});
