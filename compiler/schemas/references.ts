import type { JsonSchema, SchemaObject } from "../ir/schema.ts";

/** Every `$ref`, and the targets of discriminators. */
export function references(schema: JsonSchema, found: string[] = []): string[] {
  if (typeof schema === "boolean") return found;
  if (schema.$ref !== undefined) found.push(schema.$ref);
  found.push(...Object.values(schema["x-gatewright-discriminator"]?.cases ?? {}));
  for (const part of parts(schema)) references(part, found);
  return found;
}

/** The schemas directly inside of a schema. */
export function parts(schema: SchemaObject): JsonSchema[] {
  const { items, contains, additionalProperties, propertyNames, unevaluatedItems, unevaluatedProperties, not } = schema;
  const single = [
    items,
    contains,
    additionalProperties,
    propertyNames,
    unevaluatedItems,
    unevaluatedProperties,
    not,
    schema.if,
    schema.then,
    schema.else,
  ];
  const lists = [schema.allOf, schema.anyOf, schema.oneOf, schema.prefixItems];
  const maps = [schema.properties, schema.patternProperties, schema.dependentSchemas];
  return [
    ...single.filter((part) => part !== undefined),
    ...lists.flatMap((list) => list ?? []),
    ...maps.flatMap((map) => Object.values(map ?? {})),
  ];
}

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
