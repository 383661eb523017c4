import type { JsonSchema, SchemaObject } from "../../ir/schema.ts";

/** Every `$ref`, and the targets of discriminators. */
export function references(schema: JsonSchema, found: string[] = []): string[] {
  if (typeof schema === "boolean") return found;
  if (schema.$ref !== undefined) found.push(schema.$ref);
  const discriminator = schema["x-gatewright-discriminator"];
  if (discriminator !== undefined) found.push(...Object.values(discriminator.cases));
  for (const part of parts(schema)) references(part, found);
  return found;
}

/** The schemas directly inside of a schema. */
export function parts(schema: SchemaObject): JsonSchema[] {
  const found: JsonSchema[] = [];
  for (const key of single) if (schema[key] !== undefined) found.push(schema[key]);
  for (const key of lists) if (schema[key] !== undefined) found.push(...schema[key]);
  for (const key of maps) if (schema[key] !== undefined) found.push(...Object.values(schema[key]));
  return found;
}

const single = [
  "items",
  "contains",
  "additionalProperties",
  "propertyNames",
  "unevaluatedItems",
  "unevaluatedProperties",
  "not",
  "if",
  "then",
  "else",
] as const;
const lists = ["allOf", "anyOf", "oneOf", "prefixItems"] as const;
const maps = ["properties", "patternProperties", "dependentSchemas"] as const;

/** References that apply to the same value. */
export function inPlaceReferences(schema: SchemaObject): string[] {
  const inner = [
    ...(schema.allOf ?? []),
    ...(schema.anyOf ?? []),
    ...(schema.oneOf ?? []),
    ...[schema.not, schema.if, schema.then, schema.else].filter((part) => part !== undefined),
    ...Object.values(schema.dependentSchemas ?? {}),
  ];
  return [
    ...(schema.$ref === undefined ? [] : [schema.$ref]),
    ...Object.values(schema["x-gatewright-discriminator"]?.cases ?? {}),
    ...inner.flatMap((part) => (typeof part === "boolean" ? [] : inPlaceReferences(part))),
  ];
}
