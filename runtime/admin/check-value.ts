import {
  missing,
  noMatch,
  notConstant,
  notOneOf,
  tooFewItems,
  tooFewProperties,
  tooLarge,
  tooLong,
  tooManyItems,
  tooShort,
  tooSmall,
  unknownProperty,
  wrongType,
} from "../validation/report.ts";
import type { Violations } from "../validation/violations.ts";

/** The part of JSON Schema that admin routes may use: enough for what operators send, and quickly read. */
export interface AdminSchema {
  readonly type?: "string" | "integer" | "number" | "boolean" | "object" | "array" | "null";
  readonly enum?: readonly (string | number)[];
  readonly const?: string | number | boolean;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly minLength?: number;
  readonly maxLength?: number;
  /** Of short text: it is tried with the expressions of JavaScript. */
  readonly pattern?: string;
  readonly minItems?: number;
  readonly maxItems?: number;
  readonly items?: AdminSchema;
  readonly properties?: Readonly<Record<string, AdminSchema>>;
  readonly required?: readonly string[];
  readonly minProperties?: number;
  readonly additionalProperties?: false;
  readonly description?: string;
}

/**
 * What a request is validated against a schema of the admin document with. The schemas are few and small and come from
 * parts of the gateway that no compiler sees together, so they are read here instead of compiled; what is wrong is told in
 * the words of compiled validators.
 */
export function checkValue(schema: AdminSchema, value: unknown, found: Violations): void {
  const unread = Object.keys(schema).find((keyword) => !isRead(keyword));
  // A route that counts on it would be given what it does not allow.
  if (unread !== undefined) throw new Error(`the schema of an admin route has \`${unread}\`, which is not validated`);
  if (schema.type !== undefined && !isOfType(value, schema.type)) return void wrongType(found, schema.type);
  if (schema.enum !== undefined && !schema.enum.some((one) => one === value)) notOneOf(found, schema.enum);
  if (schema.const !== undefined && value !== schema.const) notConstant(found, schema.const);
  if (typeof value === "number") checkNumber(schema, value, found);
  else if (typeof value === "string") checkText(schema, value, found);
  else if (Array.isArray(value)) checkArray(schema, value, found);
  else if (typeof value === "object" && value !== null) checkObject(schema, value, found);
}

const isRead = (keyword: string): boolean =>
  /^(?:type|enum|const|minimum|maximum|minLength|maxLength|pattern|minItems|maxItems|items|properties|required|minProperties|additionalProperties|description)$/.test(
    keyword,
  );

function checkNumber({ minimum, maximum }: AdminSchema, value: number, found: Violations): void {
  if (minimum !== undefined && value < minimum) tooSmall(found, minimum);
  if (maximum !== undefined && value > maximum) tooLarge(found, maximum);
}

/** Lengths are in characters (JSON Schema Validation §6.3.1). */
function checkText({ minLength = 0, maxLength, pattern }: AdminSchema, value: string, found: Violations): void {
  const length = minLength === 0 && maxLength === undefined ? 0 : [...value].length;
  if (length < minLength) tooShort(found, minLength);
  if (maxLength !== undefined && length > maxLength) return void tooLong(found, maxLength);
  const expression = pattern === undefined ? undefined : new RegExp(pattern, "u");
  if (expression?.test(value) === false) noMatch(found, expression);
}

function checkArray({ minItems, maxItems, items }: AdminSchema, value: readonly unknown[], found: Violations): void {
  if (minItems !== undefined && value.length < minItems) tooFewItems(found, minItems);
  if (maxItems !== undefined && value.length > maxItems) return void tooManyItems(found, maxItems);
  if (items === undefined) return;
  for (const [index, item] of value.entries()) checkInside(items, item, found, index);
}

function checkObject(schema: AdminSchema, value: object, found: Violations): void {
  const { minProperties = 0 } = schema;
  if (minProperties > 0 && Object.keys(value).length < minProperties) tooFewProperties(found, minProperties);
  for (const name of schema.required ?? []) if (!Object.hasOwn(value, name)) missing(found, name);
  for (const [name, inner] of Object.entries(value)) {
    const known = schema.properties !== undefined && Object.hasOwn(schema.properties, name) ? schema.properties[name] : undefined;
    if (known !== undefined) checkInside(known, inner, found, name);
    else if (schema.additionalProperties === false) unknownProperty(found, name);
  }
}

function checkInside(schema: AdminSchema, value: unknown, found: Violations, key: string | number): void {
  if (found.isFull) return;
  found.inside(
    (inner, own) => {
      if (own !== null) checkValue(schema, inner, own);
      return false;
    },
    value,
    key,
  );
}

function isOfType(value: unknown, type: NonNullable<AdminSchema["type"]>): boolean {
  if (type === "null") return value === null;
  if (type === "array") return Array.isArray(value);
  if (type === "object") return typeof value === "object" && value !== null && !Array.isArray(value);
  return type === "integer" ? Number.isInteger(value) : typeof value === type;
}
