import type { JsonSchema, SchemaObject, SchemaType } from "../../../ir/schema.ts";
import type { ValidatorWriter } from "./validator-writer.ts";

/** The types that a schema names itself; undefined where it names none. */
export const namedTypes = (schema: SchemaObject): readonly SchemaType[] | undefined =>
  schema.type === undefined ? undefined : typeof schema.type === "string" ? [schema.type] : schema.type;

/** An expression that holds where a value is of a type. */
export function isOfType(type: SchemaType, value: string, writer: ValidatorWriter): string {
  return isOf[type](value, writer);
}

const isOf: Readonly<Record<SchemaType, (value: string, writer: ValidatorWriter) => string>> = {
  null: (value) => `${value} === null`,
  boolean: (value) => `typeof ${value} === "boolean"`,
  string: (value) => `typeof ${value} === "string"`,
  // Integers that no double holds are bigints, which are both.
  number: (value, writer) => `${writer.runtime("values", "isNumber")}(${value})`,
  integer: (value, writer) => `${writer.runtime("values", "isInteger")}(${value})`,
  array: (value) => `Array.isArray(${value})`,
  object: (value, writer) => `${writer.runtime("values", "isObject")}(${value})`,
};

/** An expression that holds where a value is of none of the types. */
export function isOfNoType(types: readonly SchemaType[], value: string, writer: ValidatorWriter): string {
  return normalised(types)
    .map((type) => negated(isOfType(type, value, writer)))
    .join(" && ");
}

/** `number` takes in `integer`. */
export const normalised = (types: readonly SchemaType[]): readonly SchemaType[] =>
  types.includes("number") ? types.filter((type) => type !== "integer") : types;

export const negated = (expression: string): string =>
  expression.includes(" === ") ? expression.replace(" === ", " !== ") : `!${expression}`;

/** Every type that a value of the schema may have, as far as can be told without values; all where it cannot. */
export function possibleTypes(
  schema: JsonSchema,
  schemaOf: (ref: string) => JsonSchema | undefined,
  depth = 0,
): ReadonlySet<SchemaType> {
  if (schema === false) return new Set();
  if (schema === true || depth > 8) return new Set(allTypes);
  let types = new Set<SchemaType>(namedTypes(schema) ?? allTypes);
  if (types.has("number")) types.add("integer");
  const restrict = (other: ReadonlySet<SchemaType>): void => {
    types = new Set([...types].filter((type) => other.has(type)));
  };
  const inner = (part: JsonSchema): ReadonlySet<SchemaType> => possibleTypes(part, schemaOf, depth + 1);
  const union = (parts: readonly JsonSchema[]): ReadonlySet<SchemaType> => new Set(parts.flatMap((part) => [...inner(part)]));
  if (schema.$ref !== undefined) restrict(inner(schemaOf(schema.$ref) ?? true));
  if (schema.const !== undefined) restrict(new Set(typesOf(schema.const)));
  if (schema.enum !== undefined) restrict(new Set(schema.enum.flatMap(typesOf)));
  for (const part of schema.allOf ?? []) restrict(inner(part));
  if (schema.anyOf !== undefined) restrict(union(schema.anyOf));
  if (schema.oneOf !== undefined) restrict(union(schema.oneOf));
  return types;
}

const allTypes: readonly SchemaType[] = ["null", "boolean", "object", "array", "number", "integer", "string"];

function typesOf(value: unknown): SchemaType[] {
  if (value === null) return ["null"];
  if (Array.isArray(value)) return ["array"];
  if (typeof value === "number") return Number.isInteger(value) ? ["number", "integer"] : ["number"];
  return [typeof value as SchemaType];
}
