import type { JsonObject, JsonValue } from "../../source/source-set.ts";

/** What stands under a keyword. */
export type Content =
  | "schema"
  | "schemas"
  | "schemaMap"
  | "number"
  | "count"
  | "text"
  | "texts"
  | "boolean"
  | "types"
  | "values"
  | "value"
  | "textLists";

/** Every keyword that validates (JSON Schema 2020-12). `$ref` and `$dynamicRef` are looked at apart. */
export const validating: Readonly<Record<string, Content>> = {
  type: "types",
  enum: "values",
  const: "value",
  format: "text",
  minimum: "number",
  maximum: "number",
  exclusiveMinimum: "number",
  exclusiveMaximum: "number",
  multipleOf: "number",
  minLength: "count",
  maxLength: "count",
  pattern: "text",
  items: "schema",
  prefixItems: "schemas",
  contains: "schema",
  minContains: "count",
  maxContains: "count",
  minItems: "count",
  maxItems: "count",
  uniqueItems: "boolean",
  unevaluatedItems: "schema",
  properties: "schemaMap",
  patternProperties: "schemaMap",
  additionalProperties: "schema",
  propertyNames: "schema",
  required: "texts",
  minProperties: "count",
  maxProperties: "count",
  dependentRequired: "textLists",
  dependentSchemas: "schemaMap",
  unevaluatedProperties: "schema",
  allOf: "schemas",
  anyOf: "schemas",
  oneOf: "schemas",
  not: "schema",
  if: "schema",
  then: "schema",
  else: "schema",
};

/** Keywords that say something about a schema and ask nothing of a value, or that are looked at apart. */
export const silent: ReadonlySet<string> = new Set(
  (
    "$ref $dynamicRef $id $anchor $dynamicAnchor $defs definitions $comment $schema $vocabulary title description default deprecated " +
    "readOnly writeOnly example examples externalDocs xml discriminator contentEncoding contentMediaType contentSchema"
  ).split(" "),
);

/** What JSON Schema 2020-12 has in the place of older keywords. */
export const replacements: Readonly<Record<string, string>> = {
  nullable: 'OpenAPI 3.1 has no `nullable`: add "null" to `type`, as in `type: [string, "null"]`, also in an overlay.',
  dependencies: "Write `dependentRequired` or `dependentSchemas`.",
  additionalItems: "Write the first items as `prefixItems`, and the rest as `items`.",
  $recursiveRef: "Write `$dynamicRef`.",
  $recursiveAnchor: "Write `$dynamicAnchor`.",
  id: "Write `$id`.",
};

/** The schemas directly inside of a schema, also those under `$defs`. */
export function* subschemas(schema: JsonObject): Generator<JsonObject> {
  for (const [keyword, value] of Object.entries(schema)) {
    const content =
      keyword === "$defs" || keyword === "definitions"
        ? "schemaMap"
        : Object.hasOwn(validating, keyword)
          ? validating[keyword]
          : undefined;
    if (content === "schema") yield* objects([value]);
    else if (content === "schemas" && Array.isArray(value)) yield* objects(value);
    else if (content === "schemaMap" && typeof value === "object" && value !== null) yield* objects(Object.values(value));
  }
}

function* objects(values: readonly JsonValue[]): Generator<JsonObject> {
  for (const value of values) if (typeof value === "object" && value !== null && !Array.isArray(value)) yield value as JsonObject;
}
