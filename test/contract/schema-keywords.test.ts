import { expect, it } from "vitest";
import { schemas } from "../../schema/schemas.gen.ts";

/** What `checkShape` reads, what only tells of values, and what the generators read. */
const known = new Set([
  ...["$ref", "type", "enum", "anyOf", "properties", "additionalProperties", "propertyNames", "required", "items", "definitions"],
  ...["minimum", "maximum", "exclusiveMinimum", "minLength", "maxLength", "pattern", "format"],
  ...["minItems", "maxItems", "uniqueItems", "minProperties", "maxProperties"],
  ...["$schema", "$comment", "title", "description", "examples", "default"],
  ...["x-mistaken", "x-can-refuse", "x-multiple", "x-also-called", "x-whole", "x-default-before"],
]);

/** Each keyword with the path of its schema. */
function* keywordsOf(schema: unknown, path: string): Generator<readonly [keyword: string, path: string]> {
  if (typeof schema !== "object" || schema === null) return;
  for (const [keyword, value] of Object.entries(schema)) {
    yield [keyword, path];
    if (keyword === "properties" || keyword === "definitions")
      for (const [name, part] of Object.entries(value as object)) yield* keywordsOf(part, `${path}/${name}`);
    else if (keyword === "anyOf")
      for (const [index, part] of (value as unknown[]).entries()) yield* keywordsOf(part, `${path}/anyOf/${index}`);
    else if (["items", "additionalProperties", "propertyNames"].includes(keyword)) yield* keywordsOf(value, `${path}/${keyword}`);
  }
}

it("schemas of our own files have no keyword that nobody reads: what it forbids would be let through", () => {
  const found = Object.entries(schemas).flatMap(([name, schema]) => [...keywordsOf(schema, name)]);
  expect(found.length).toBeGreaterThan(1_000);
  expect(found.filter(([keyword]) => !known.has(keyword))).toEqual([]);
});
