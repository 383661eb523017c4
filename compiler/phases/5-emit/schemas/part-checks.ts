import type { JsonSchema, SchemaObject } from "../../../ir/schema.ts";
import { arrayKeywords, objectKeywords, writeChecks } from "./checks.ts";
import { isOfType, namedTypes, normalised } from "./types.ts";
import { type Subject, trail, type ValidatorWriter } from "./validator-writer.ts";

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
  const { text, keys } = subject;
  const validator = validatorName(schema, hint, writer);
  writer.line(
    `if (!${validator}(${text}, null) && ${writer.report("invalid")}(found, ${validator}, ${text}${trail(keys)})) return false;`,
  );
}

/** The function for a schema: its own one, or that of the schema it refers to. */
export function validatorName(schema: JsonSchema, hint: string, writer: ValidatorWriter): string {
  return isReference(schema) ? writer.reference(schema.$ref) : writer.local(schema, hint);
}

/** An expression that holds where the value is valid; a call unless the schema asks for a type only. */
export function holds(schema: JsonSchema, text: string, hint: string, writer: ValidatorWriter): string {
  if (typeof schema === "boolean") return String(schema);
  const types = namedTypes(schema);
  if (types !== undefined && Object.keys(schema).length === 1 && normalised(types).length === 1)
    return isOfType(normalised(types)[0]!, text, writer);
  return `${validatorName(schema, hint, writer)}(${text}, null)`;
}

export const hasContainerKeywords = (schema: SchemaObject): boolean =>
  [...arrayKeywords, ...objectKeywords].some((key) => schema[key] !== undefined);
