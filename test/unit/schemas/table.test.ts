import { describe, expect, test } from "vitest";
import { SchemaTable } from "../../../compiler/contract/schemas/table.ts";
import type { JsonValue } from "../../../compiler/source/source-set.ts";
import { compileSchemas, loadSchemas } from "./emitted.ts";

const ref = (name: string): { $ref: string } => ({
  $ref: `#/components/schemas/${name}`,
});

describe("OpenAPI 3.0", () => {
  test("nullable, also around combinators; an enum decides for itself", async () => {
    const { valid, codes } = await compileSchemas(
      {
        Name: { type: "string", nullable: true },
        Kind: { type: "string", nullable: true, enum: ["a"] },
        Kinds: { type: "string", nullable: true, enum: ["a", null] },
        Base: {
          type: "object",
          required: ["x"],
          properties: { x: { type: "integer" } },
        },
        Maybe: { nullable: true, allOf: [ref("Base")] },
        Bounds: {
          type: "number",
          minimum: 0,
          exclusiveMinimum: true,
          maximum: 5,
          exclusiveMaximum: false,
        },
        Sibling: { properties: { x: { ...ref("Name"), maxLength: 1 } } },
      },
      { openapi: "3.0.3" },
    );
    expect([valid("Name", null), valid("Name", "x"), valid("Name", 1)]).toEqual([true, true, false]);
    expect([valid("Kind", null), valid("Kinds", null), valid("Kinds", "a"), valid("Kinds", "b")]).toEqual([
      false,
      true,
      true,
      false,
    ]);
    expect([valid("Maybe", null), valid("Maybe", { x: 1 }), valid("Maybe", {})]).toEqual([true, true, false]);
    expect([valid("Bounds", 0), valid("Bounds", 0.1), valid("Bounds", 5), valid("Bounds", 5.1)]).toEqual([
      false,
      true,
      true,
      false,
    ]);
    expect(valid("Sibling", { x: "long" })).toBe(true);
    expect(codes.filter((code) => code.startsWith("schemas/"))).toEqual(["schemas/nullable-enum"]);
  });

  test("a discriminator with inheritance by allOf leads to the heir", async () => {
    const { valid, violations, text } = await compileSchemas(
      {
        Pet: {
          type: "object",
          required: ["petType"],
          properties: { petType: { type: "string" } },
          discriminator: { propertyName: "petType", mapping: { dog: "Dog" } },
        },
        Cat: {
          allOf: [
            ref("Pet"),
            {
              type: "object",
              required: ["lives"],
              properties: { lives: { type: "integer" } },
            },
          ],
        },
        Dog: {
          allOf: [ref("Pet"), { type: "object", properties: { barks: { type: "boolean" } } }],
        },
        Owner: { type: "object", properties: { pet: ref("Pet") } },
      },
      { openapi: "3.0.3" },
    );
    expect(valid("Owner", { pet: { petType: "Cat", lives: 9 } })).toBe(true);
    expect(valid("Owner", { pet: { petType: "Cat" } })).toBe(false);
    expect(valid("Owner", { pet: { petType: "dog", barks: true } })).toBe(true);
    expect(valid("Pet", { petType: "Pet" })).toBe(true);
    expect(violations("Owner", { pet: { petType: "dog", barks: "loud" } })).toEqual([
      {
        in: "body",
        pointer: "/pet/barks",
        keyword: "type",
        message: "must be a boolean",
      },
    ]);
    expect(violations("Pet", { petType: "cow" })).toMatchObject([
      {
        keyword: "discriminator",
        message: 'must have a property "petType" that is one of Pet, Cat, dog',
      },
    ]);
    expect(text("Pet")).toContain('case "dog":');
  });
});

describe("discriminators", () => {
  const branch = (kind: string, property: string): JsonValue => ({
    type: "object",
    required: ["kind"],
    properties: { kind: { const: kind }, [property]: { type: "integer" } },
  });

  test("take the values that the alternatives list themselves", async () => {
    const { valid, violations, text } = await compileSchemas({
      Event: {
        oneOf: [ref("Made"), ref("Sent")],
        discriminator: { propertyName: "kind" },
      },
      Made: branch("order.made", "by"),
      Sent: branch("order.sent", "to"),
      Nested: {
        type: "object",
        properties: { event: { oneOf: [{ type: "null" }, ref("Event")] } },
      },
    });
    expect([valid("Event", { kind: "order.made", by: 1 }), valid("Event", { kind: "Made" }), valid("Event", 1)]).toEqual([
      true,
      false,
      false,
    ]);
    expect(violations("Nested", { event: { kind: "order.sent", to: "x" } })).toEqual([
      {
        in: "body",
        pointer: "/event/to",
        keyword: "type",
        message: "must be an integer",
      },
    ]);
    expect(text("Event")).toContain('case "order.sent":');
  });

  test("stay a hint where nothing ties a value to an alternative", async () => {
    const { valid } = await compileSchemas({
      Shape: {
        oneOf: [ref("Circle"), ref("Square")],
        discriminator: { propertyName: "kind" },
      },
      Circle: {
        type: "object",
        required: ["r"],
        properties: { kind: { type: "string" } },
      },
      Square: {
        type: "object",
        required: ["a"],
        properties: { kind: { type: "string" } },
      },
    });
    expect([
      valid("Shape", { kind: "Circle", r: 1 }),
      valid("Shape", { kind: "round", r: 1 }),
      valid("Shape", { kind: "Circle", a: 1 }),
    ]).toEqual([true, true, false]);
  });
});

describe("readOnly and writeOnly", () => {
  const schemas = {
    Order: {
      type: "object",
      required: ["id", "total", "secret"],
      properties: {
        id: { type: "string", readOnly: true },
        total: { type: "number" },
        secret: { type: "string", writeOnly: true },
      },
    },
    Plain: {
      type: "object",
      required: ["total"],
      properties: { total: { type: "number" } },
    },
    List: { type: "array", items: ref("Order") },
    Part: {
      allOf: [
        ref("Order"),
        {
          required: ["note"],
          properties: { note: { $ref: "#/components/schemas/Note" } },
        },
      ],
    },
    Note: { type: "string", readOnly: true },
  };

  test("required is waived for who does not write the property", async () => {
    const request = await compileSchemas(schemas, { view: "request" });
    const response = await compileSchemas(schemas, { view: "response" });
    expect([request.valid("List", [{ total: 1, secret: "s" }]), request.valid("List", [{ id: "1", total: 1 }])]).toEqual([
      true,
      false,
    ]);
    expect([response.valid("List", [{ total: 1, secret: "s" }]), response.valid("List", [{ id: "1", total: 1 }])]).toEqual([
      false,
      true,
    ]);
    expect([request.valid("Part", { total: 1, secret: "s" }), response.valid("Part", { total: 1, id: "1" })]).toEqual([
      true,
      false,
    ]);
  });

  test("a strict view refuses what is written by the other side, and says which flag it has", async () => {
    const request = await compileSchemas(schemas, { view: "strictRequest" });
    const response = await compileSchemas(schemas, { view: "strictResponse" });
    expect(request.valid("List", [{ total: 1, secret: "s" }])).toBe(true);
    expect(request.violations("List", [{ id: "1", total: 1, secret: "s" }])).toEqual([
      { in: "body", pointer: "/0/id", keyword: "readOnly", message: "must not be sent, as it is read-only" },
    ]);
    expect(request.violations("Part", { total: 1, secret: "s", note: "n" })).toMatchObject([
      { pointer: "/note", keyword: "readOnly" },
    ]);
    expect(response.valid("List", [{ id: "1", total: 1 }])).toBe(true);
    expect(response.violations("List", [{ id: "1", total: 1, secret: "s" }])).toMatchObject([
      { pointer: "/0/secret", keyword: "writeOnly" },
    ]);
    expect(response.schemas.map(({ id }) => id)).toEqual([
      "orders.v1.List.strictResponse",
      "orders.v1.Note",
      "orders.v1.Order.strictResponse",
      "orders.v1.Part.strictResponse",
      "orders.v1.Plain",
    ]);
  });

  test("only schemas that differ are split", async () => {
    const { spec, sources, sink } = await loadSchemas(schemas);
    const components = (spec.document.components as { schemas: Record<string, JsonValue> }).schemas;
    const table = new SchemaTable(sources.positions, sink);
    const add = (name: string, view: "request" | "response"): string =>
      table.add(spec, components[name]!, { scope: "orders.v1", name, view });
    expect([add("Plain", "request"), add("Plain", "response")]).toEqual(["orders.v1.Plain", "orders.v1.Plain"]);
    expect([add("List", "request"), add("List", "response")]).toEqual(["orders.v1.List.request", "orders.v1.List.response"]);
    expect(table.schemas.map(({ id }) => id)).toEqual([
      "orders.v1.List.request",
      "orders.v1.List.response",
      "orders.v1.Order.request",
      "orders.v1.Order.response",
      "orders.v1.Plain",
    ]);
  });
});

describe("ids and places", () => {
  test("are those of the component, however it is reached; others are named by reference or use", async () => {
    const { spec, sources, sink } = await loadSchemas(
      {
        Order: {
          type: "object",
          properties: {
            lines: { type: "array", items: ref("Line") },
            money: { $ref: "common.json#/Money" },
          },
        },
        Line: { type: "string" },
      },
      "3.1.0",
      {
        "common.json": '{"Money":{"type":"integer","minimum":0}}',
      },
    );
    const components = (spec.document.components as { schemas: Record<string, JsonValue> }).schemas;
    const table = new SchemaTable(sources.positions, sink);
    const use = {
      scope: "orders.v1",
      name: "createOrder.body",
      view: "request",
    } as const;
    const properties = (components.Order as { properties: { lines: { items: JsonValue } } }).properties;
    expect(table.add(spec, properties.lines.items, use)).toBe("orders.v1.Line");
    expect(table.add(spec, components.Order!, use)).toBe("orders.v1.Order");
    expect(table.add(spec, properties.lines as JsonValue, use)).toBe("orders.v1.createOrder.body");
    expect(table.schemas.map(({ id, place }) => [id, place])).toEqual([
      ["orders.v1.Line", "components.schemas.Line"],
      ["orders.v1.Money", "Money"],
      ["orders.v1.Order", "components.schemas.Order"],
      ["orders.v1.createOrder.body", "createOrder.body"],
    ]);
  });
});

describe("equal schemas", () => {
  const list = { type: "array", items: { enum: ["id", "name"] } };
  const loop = { type: "object", properties: { next: { $ref: "#/components/schemas/Holder/properties/a" } } };
  const table = async (properties: Readonly<Record<string, JsonValue>>) => {
    const { spec, sources, sink } = await loadSchemas({ A: list, B: list, Holder: { type: "object", properties } });
    const components = (spec.document.components as { schemas: Record<string, { properties?: Record<string, JsonValue> }> })
      .schemas;
    const schemas = new SchemaTable(sources.positions, sink);
    const add = (name: string): string => {
      const schema = components.Holder!.properties![name] ?? components[name]!;
      return schemas.add(spec, schema, { scope: "orders.v1", name, view: "request" });
    };
    return { schemas, add };
  };

  test("without a name are one; with a name they stay apart", async () => {
    const { schemas, add } = await table({ a: list, b: list, c: { ...list, maxItems: 2 } });
    expect(["a", "b", "b", "c", "A", "B"].map(add)).toEqual(["a", "a", "a", "c", "A", "B"].map((name) => `orders.v1.${name}`));
    expect(schemas.schemas.map(({ id }) => id)).toEqual(["A", "B", "a", "c"].map((name) => `orders.v1.${name}`));
  });

  test("that others refer to are kept", async () => {
    const { schemas, add } = await table({ b: loop, a: loop });
    const ids = ["b", "a"].map(add);
    const refs = schemas.schemas.map(({ schema }) => (schema as { properties: { next: { $ref: string } } }).properties.next.$ref);
    expect(ids).toEqual(["orders.v1.b", "orders.v1.Holder.properties.a"]);
    expect(refs).toEqual(Array(2).fill("#/orders.v1.Holder.properties.a"));
  });
});

describe("warnings", () => {
  const codesOf = async (schema: JsonValue, openapi = "3.1.0"): Promise<readonly string[]> =>
    (await compileSchemas({ Order: schema }, { openapi })).codes.filter((code) => code.startsWith("schemas/"));

  test.each<[string, JsonValue]>([
    ["schemas/unknown-keyword", { require: ["a"] }],
    ["schemas/unknown-format", { format: "date_time" }],
    ["schemas/malformed-keyword", { minLength: -1 }],
    ["schemas/malformed-keyword", { properties: { a: { required: true } } }],
    ["schemas/invalid-pattern", { pattern: "(a" }],
    ["schemas/exponential-pattern", { pattern: "^(a+)+$" }],
    ["schemas/unproven-pattern", { pattern: "^([ab]+)\\1+$" }],
    ["schemas/contradiction", { minimum: 2, maximum: 1 }],
    ["schemas/impossible-value", { type: "string", enum: ["a", 1] }],
    ["schemas/other-dialect", { $schema: "http://json-schema.org/draft-07/schema#" }],
    ["schemas/endless-reference", { allOf: [ref("Order")] }],
  ])("%s", async (code, schema) => {
    expect(await codesOf(schema)).toEqual([code]);
  });

  test("numbers that JSON does not have are no values", async () => {
    const { codes, valid } = await compileSchemas(
      { Listed: { $ref: "more.yaml#/listed" }, Only: { $ref: "more.yaml#/only" } },
      { files: { "more.yaml": "listed: { enum: [1e400, a, [.nan], null] }\nonly: { const: -.inf }\n" } },
    );
    expect(codes).toEqual(Array(3).fill("schemas/malformed-keyword"));
    expect([valid("Listed", "a"), valid("Listed", null), valid("Listed", [null]), valid("Only", null)]).toEqual([
      true,
      true,
      false,
      true,
    ]);
  });

  test("an unknown keyword is named once, and extensions and annotations never", async () => {
    expect(
      await codesOf({
        properties: { a: { optional: true }, b: { optional: true } },
      }),
    ).toEqual(["schemas/unknown-keyword"]);
    expect(
      await codesOf({
        "x-anything": 1,
        title: "t",
        examples: [1],
        contentEncoding: "base64",
        deprecated: true,
      }),
    ).toEqual([]);
  });

  test("a schema that is nothing but itself does not hang the validator", async () => {
    const { valid } = await compileSchemas({
      Order: { type: "object", anyOf: [ref("Other"), { required: ["a"] }] },
      Other: { oneOf: [ref("Order")] },
    });
    expect([valid("Order", {}), valid("Order", 1)]).toEqual([true, false]);
  });

  test("an exponential pattern is matched without going back", async () => {
    const { violations, text } = await compileSchemas({ Order: { type: "string", pattern: "^(a+)+$" } });
    expect(violations("Order", `${"a".repeat(100_000)}!`)).toMatchObject([
      { keyword: "pattern", message: "must match the pattern ^(a+)+$" },
    ]);
    expect(text("Order")).toContain("new LinearPattern(");
    expect(violations("Order", "aaa")).toBeUndefined();
  });

  test("text longer than the limit of a back reference is refused without trying it", async () => {
    const { violations, text } = await compileSchemas({ Order: { type: "string", pattern: "^(a+)\\1+$" } });
    expect(violations("Order", `${"a".repeat(100_000)}!`)).toMatchObject([
      {
        keyword: "pattern",
        message: expect.stringMatching(/^must have at most \d+ characters to be held against its pattern$/),
      },
    ]);
    expect(text("Order")).toMatch(/value\.length <= \d+ && !pattern\.test/);
    expect(violations("Order", "aaaa")).toBeUndefined();
  });
});
