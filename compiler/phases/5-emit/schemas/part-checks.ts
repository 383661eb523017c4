import type { JsonSchema, SchemaObject } from "../../../ir/schema.ts";
import { asks, calleeOf, writeCall } from "./callee.ts";
import { arrayKeywords, objectKeywords, writeChecks } from "./checks.ts";
import { isOfType, namedTypes, normalised } from "./types.ts";
import type { Subject, ValidatorWriter } from "./validator-writer.ts";

/** Keywords that are settled in place; a schema with another one gets a function of its own. */
const plain: ReadonlySet<string> = new Set([
  "type",
  "enum",
  "const",
  "format",
  "minimum",
  "maximum",
  "exclusiveMinimum",
  "exclusiveMaximum",
  "multipleOf",
  "minLength",
  "maxLength",
  "pattern",
  "x-gatewright-digits",
  "x-gatewright-pattern-guards",
  "x-gatewright-refused",
]);

export const isPlain = (schema: JsonSchema): boolean =>
  typeof schema === "boolean" || Object.keys(schema).every((key) => plain.has(key));

/** Only type `object` or `array` and items that are plain: a loop in place reads better than a function. */
const isPlainList = (schema: SchemaObject): boolean =>
  Object.keys(schema).every((key) => key === "type" || key === "items" || key === "minItems" || key === "maxItems") &&
  schema.type === "array" &&
  (schema.items === undefined || isPlain(schema.items) || isReference(schema.items));

export const isReference = (schema: JsonSchema): schema is SchemaObject & { readonly $ref: string } =>
  typeof schema === "object" && schema.$ref !== undefined && Object.keys(schema).length === 1;

/** What a part of a value must be, where the part is there: in place, or by the function of its schema. */
export function writePart(schema: JsonSchema, subject: Subject, hint: string, writer: ValidatorWriter): void {
  if (typeof schema === "boolean" || isPlain(schema) || (subject.keys.length < 2 && isPlainList(schema))) {
    writeChecks(schema, subject, hint, false, writer);
    return;
  }
  writeCall(calleeOf(schema, hint, writer), subject, writer);
}

/** An expression that holds where the value is valid; a call unless the schema asks for a type only. */
export function holds(schema: JsonSchema, text: string, hint: string, writer: ValidatorWriter): string {
  return settled(schema, text, writer) ?? asks(calleeOf(schema, hint, writer), text);
}

/** The same where no call is needed. */
export function settled(schema: JsonSchema, text: string, writer: ValidatorWriter): string | undefined {
  if (typeof schema === "boolean") return String(schema);
  const types = namedTypes(schema);
  return types !== undefined && Object.keys(schema).length === 1 && normalised(types).length === 1
    ? isOfType(normalised(types)[0]!, text, writer)
    : undefined;
}

export const hasContainerKeywords = (schema: SchemaObject): boolean =>
  [...arrayKeywords, ...objectKeywords].some((key) => schema[key] !== undefined);
