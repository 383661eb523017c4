import { describe, expect, it } from "vitest";
import { compileProject } from "../../harness/compile-project.ts";

/** The warnings about a request body of this schema, with these components beside it. */
const overlaps = (schema: object, schemas: object = {}): Promise<readonly string[]> =>
  warnings("schemas/oneof-overlap", schema, schemas);

async function warnings(wanted: string, schema: object, schemas: object): Promise<readonly string[]> {
  const openapi = {
    openapi: "3.1.0",
    info: { title: "Shop", version: "1" },
    components: { schemas },
    paths: {
      "/a": {
        post: {
          operationId: "createA",
          requestBody: { required: true, content: { "application/json": { schema } } },
          responses: { "200": { description: "ok" } },
        },
      },
    },
  };
  const { diagnostics } = await compileProject(
    new Map([
      ["openapi.json", JSON.stringify(openapi)],
      [
        "gateway.yaml",
        "gateway: shop\ncompatibility: 2026-12-01\nlisteners: { public: { port: 8080 } }\n" +
          "services: { shop: { endpoints: [http://127.0.0.1:9001] } }\npolicies: { public: sample }\n" +
          "apis: { shop: { service: shop, versions: { v1: { spec: openapi.json } } } }\n",
      ],
    ]),
  );
  return diagnostics.filter(({ code }) => code === wanted).map(({ message }) => message);
}

const ref = (name: string): object => ({ $ref: `#/components/schemas/${name}` });
const text = { type: "string" };
const whole = { type: "integer" };
const object = (properties: object, required?: string[], more: object = {}): object => ({
  type: "object",
  properties,
  ...(required === undefined ? {} : { required }),
  ...more,
});
const either = (...parts: object[]): object => ({ oneOf: parts });

describe("alternatives of oneOf that one value fits", () => {
  it("springdoc: a discriminator only on the parent, nothing required, nothing closed", async () => {
    const found = await overlaps(object({ payment: either(ref("Card"), ref("Iban")) }), {
      Payment: object({ kind: text }, undefined, { discriminator: { propertyName: "kind" } }),
      Card: { allOf: [ref("Payment"), object({ last4: text })] },
      Iban: { allOf: [ref("Payment"), object({ iban: text })] },
    });
    expect(found).toEqual([expect.stringContaining("is of `Card` and `Iban`, and the `oneOf`")]);
  });

  it.each<[string, object]>([
    ["integers and numbers: every integer is a number (JSON Schema 2020-12 §6.1.1)", either(whole, { type: "number" })],
    ["listed texts and any text", either({ enum: ["a", "b"] }, text)],
    ["open objects with different properties", either(object({ a: text }), object({ b: text }))],
    ["one that requires more than the other", either(object({ a: text }, ["a"]), object({ a: text, b: text }, ["a"]))],
    ["lists of one kind", either({ type: "array", items: whole }, { type: "array", items: { type: "number" } })],
    ["an object and anything", either(object({ a: text }, ["a"]), {})],
    ["inside of items", { type: "array", items: either(object({ a: text }), object({ b: text })) }],
  ])("warned of: %s", async (_, schema) => expect(await overlaps(schema)).toHaveLength(1));

  it.each<[string, object]>([
    ["different constants", either(object({ k: { const: "a" } }, ["k"]), object({ k: { const: "b" } }, ["k"]))],
    ["different required properties", either(object({ a: text }, ["a"]), object({ b: text }, ["b"]))],
    ["closed objects", either(object({ a: text }, ["a"], closed()), object({ b: text }, undefined, closed()))],
    ["types", either(text, whole, { type: "null" }, object({}), { type: "array", items: text })],
    ["lists of different kinds", either({ type: "array", items: text }, { type: "array", items: whole })],
    ["ranges", either({ type: "integer", maximum: 5 }, { type: "integer", minimum: 6 })],
    ["lengths", either({ type: "string", maxLength: 3 }, { type: "string", minLength: 4 })],
    ["formats, which are not looked at", either({ type: "string", format: "uuid" }, { type: "string", format: "date" })],
    ["anyOf", { anyOf: [object({ a: text }), object({ b: text })] }],
    ["required alone", { type: "object", properties: { a: text, b: text }, oneOf: [{ required: ["a"] }, { required: ["b"] }] }],
  ])("nothing is said of %s", async (_, schema) => expect(await overlaps(schema)).toEqual([]));

  it("nothing is said where a discriminator decides (OpenAPI 3.1.1 §4.8.25)", async () => {
    const schema = { ...either(ref("Card"), ref("Iban")), discriminator: { propertyName: "kind" } };
    expect(await overlaps(schema, { Card: object({ kind: text }), Iban: object({ kind: text }) })).toEqual([]);
  });

  it("schemas that contain themselves end", async () => {
    const tree = { Tree: object({ left: either(ref("Tree"), ref("Leaf")) }, ["left"]), Leaf: object({ n: whole }) };
    await expect(overlaps(ref("Tree"), tree)).resolves.toEqual([]);
  });

  it("so do schemas that can be asked in very many ways", async () => {
    const names = Array.from({ length: 12 }, (_, index) => `N${index}`);
    const any = { anyOf: names.map(ref) };
    const nodes = Object.fromEntries(names.map((name) => [name, object({ a: any, b: any, c: any }, ["a", "b", "c"])]));
    await expect(overlaps(either(ref("N0"), ref("N1")), nodes)).resolves.toEqual([]);
  });
});

describe("null in several alternatives of oneOf, which wants exactly one (JSON Schema 2020-12 §10.2.1.3)", () => {
  const orNull = (type: string, more: object = {}): object => ({ type: [type, "null"], ...more });
  const found = (schema: object, schemas: object = {}): Promise<readonly string[]> =>
    warnings("schemas/oneof-null", schema, schemas);

  it.each<[string, object]>([
    ["types", either(orNull("string"), orNull("integer"), { type: "boolean" })],
    ["listed values", either({ enum: ["a", null] }, { enum: [1, null] })],
    ["references", either(ref("Name"), ref("Size"))],
    ["alternatives of alternatives", either({ anyOf: [text, { type: "null" }] }, { allOf: [ref("Size")] })],
    ["inside of a property", object({ size: either(orNull("string"), orNull("integer")) })],
    ["beside a type that has null", { ...either(orNull("string"), orNull("integer")), type: ["string", "integer", "null"] }],
  ])("warned of: %s", async (_, schema) => {
    const messages = await found(schema, { Name: orNull("string"), Size: orNull("integer") });
    expect(messages).toEqual([expect.stringMatching(/^null is of .+ and .+, and the `oneOf`/)]);
  });

  it.each<[string, object]>([
    ["one that has it", either(orNull("string"), whole)],
    ["alternatives that say nothing of types", either({ required: ["a"] }, { required: ["b"] })],
    ["a type beside it that has no null", { ...either(orNull("string"), orNull("integer")), type: ["string", "integer"] }],
    ["alternatives whose values are listed without it", either(orNull("string", { enum: ["a"] }), orNull("integer"))],
    ["anyOf", { anyOf: [orNull("string"), orNull("integer")] }],
  ])("nothing is said of %s", async (_, schema) => expect(await found(schema)).toEqual([]));

  it("schemas that refer to themselves end", async () => {
    const schemas = { Loop: { anyOf: [ref("Loop"), text] }, Size: orNull("integer") };
    expect(await found(either(ref("Loop"), ref("Size")), schemas)).toEqual([]);
  });
});

function closed(): object {
  return { additionalProperties: false };
}
