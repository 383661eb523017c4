import type { ParameterIr, ParameterShape } from "../../ir/parameter.ts";
import type { JsonSchema, SchemaObject } from "../../ir/schema.ts";
import { own } from "../../text/own.ts";
import { formats } from "../schemas/formats.ts";

/** The schema of an id. */
export type SchemaOf = (id: string) => JsonSchema | undefined;

/**
 * Whether no request has the parameter wrong: paths and fields are well-formed before anybody reads them, so what may be
 * any text needs no look.
 */
export function isAnyText(
  { in: where, enforced, required, style, content, shape, schema }: ParameterIr,
  schemaOf: SchemaOf,
): boolean {
  if (where === "path" && enforced === "presence") return true;
  if (enforced === "presence" || style !== "simple" || content !== undefined || (where === "header" && required)) return false;
  const isText = shape.scalar.length === 1 && shape.scalar[0] === "string" && isScalar(shape);
  return isText && (schema === undefined || isProven(schemaOf(schema) ?? true, shape, schemaOf));
}

const isScalar = ({ items, properties }: ParameterShape): boolean => items === undefined && properties === undefined;

/** Behind references. */
export function plainSchema(schema: JsonSchema, schemaOf: SchemaOf): JsonSchema {
  let current = schema;
  for (
    let count = 0;
    count < 16 && typeof current === "object" && current.$ref !== undefined && Object.keys(current).length === 1;
    count++
  ) {
    current = schemaOf(current.$ref.slice(2)) ?? true;
  }
  return current;
}

/** Whether every value that is read with the shape is valid. */
export function isProven(written: JsonSchema, shape: ParameterShape, schemaOf: SchemaOf): boolean {
  const schema = plainSchema(written, schemaOf);
  if (schema === true) return true;
  if (schema === false || !isReadAs(schema, shape)) return false;
  return Object.entries(schema).every(([keyword, value]) => {
    if (keyword === "type") return true;
    if (keyword === "format") return hasNoTest(String(value));
    if (keyword === "items") return shape.items !== undefined && isProven(schema.items ?? true, shape.items, schemaOf);
    if (keyword === "additionalProperties") return value === true;
    if (keyword !== "properties") return false;
    return Object.entries(schema.properties ?? {}).every(([name, member]) =>
      isProven(member, own(shape.properties, name) ?? shape, schemaOf),
    );
  });
}

/** `type` lists everything that the shape can be read as. */
export function isReadAs({ type }: SchemaObject, { scalar, items, properties }: ParameterShape): boolean {
  if (type === undefined) return true;
  const types = typeof type === "string" ? [type] : type;
  const has = (name: (typeof types)[number]): boolean => types.includes(name) || (name === "integer" && types.includes("number"));
  return scalar.every(has) && (items === undefined || has("array")) && (properties === undefined || has("object"));
}

const hasNoTest = (format: string): boolean =>
  !Object.hasOwn(formats, format) || (formats[format]!.string === undefined && formats[format]!.number === undefined);
