import type { JsonSchema } from "../../schema/schemas.gen.ts";

const schemaMaps = ["properties", "definitions", "patternProperties"] as const;
const schemaLists = ["anyOf", "allOf", "oneOf"] as const;
const schemaPlaces = ["items", "additionalProperties", "propertyNames", "not"] as const;

/** A copy in which every schema, the innermost first, is replaced by what `change` makes of it. */
export function mapSchema(schema: JsonSchema, change: (schema: JsonSchema) => JsonSchema): JsonSchema {
  const copy: { -readonly [Key in keyof JsonSchema]: JsonSchema[Key] } = { ...schema };
  for (const keyword of schemaMaps) {
    const map = copy[keyword];
    if (map !== undefined)
      copy[keyword] = Object.fromEntries(Object.entries(map).map(([key, inner]) => [key, mapSchema(inner, change)]));
  }
  for (const keyword of schemaLists) copy[keyword] = copy[keyword]?.map((inner) => mapSchema(inner, change));
  for (const keyword of schemaPlaces) {
    const inner = copy[keyword];
    if (typeof inner === "object") Object.assign(copy, { [keyword]: mapSchema(inner, change) });
  }
  return change(withoutUndefined(copy));
}

const withoutUndefined = (schema: JsonSchema): JsonSchema =>
  Object.fromEntries(Object.entries(schema).filter(([, value]) => value !== undefined)) as JsonSchema;
