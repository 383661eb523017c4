import { kindOf } from "../../source/json-kind.ts";
import type { JsonObject, JsonValue } from "../../source/source-set.ts";
import { repaired } from "../../text/format-repairs.ts";
import { formats } from "../../text/formats.ts";
import { followSchemaRef, type LocatedSchema, schemaKinds } from "./schema-kinds.ts";

/** Deeper examples would explain more than was asked. */
const deepest = 3;

/**
 * A value of a schema that holds what was written, where it can be told what was meant: `5/s` → `{ limit: 5/s }`.
 *
 * @param isRight whether a candidate has the shape in full
 */
export function meantValue(
  value: JsonValue,
  located: LocatedSchema,
  isRight: (candidate: JsonValue) => boolean,
): JsonValue | undefined {
  const right = conversions(value, located, 0).filter(isRight);
  // A name may have a dot, and seldom does.
  const isPath = typeof value === "string" && value.includes(".");
  return (isPath ? right.find(isExpression) : undefined) ?? right[0];
}

const isExpression = (value: JsonValue): boolean => typeof value === "object" && value !== null && "expression" in value;

/** The default of what has defaults inside, which shows nothing. */
const isEmptyObject = (value: unknown): boolean =>
  typeof value === "object" && value !== null && !Array.isArray(value) && Object.keys(value).length === 0;

/** Any value of a schema; undefined where one could only be made up. */
export function sampleValue(written: LocatedSchema, depth = 0): JsonValue | undefined {
  const { schema, file } = followSchemaRef(written);
  const [given] = schema.examples ?? [];
  if (given !== undefined) return given as JsonValue;
  if (schema.default !== undefined && !isEmptyObject(schema.default)) return schema.default as JsonValue;
  if (schema.enum !== undefined) return schema.enum[0] as JsonValue;
  if (depth > deepest) return undefined;
  if (schema.anyOf !== undefined) {
    const samples = schema.anyOf
      .filter((branch) => branch.enum === undefined)
      .map((branch) => sampleValue({ schema: branch, file }, depth));
    return samples.find((sample) => sample !== undefined);
  }
  switch ([schema.type].flat()[0]) {
    case "boolean":
      return true;
    case "integer":
    case "number":
      return schema.minimum;
    case "string":
      return /`([^`]+)`/.exec(formats[schema.format ?? ""]?.example ?? "")?.[1];
    case "array": {
      const item = schema.items === undefined ? undefined : sampleValue({ schema: schema.items, file }, depth + 1);
      return item === undefined ? undefined : [item];
    }
    case "object": {
      const sample: Record<string, JsonValue> = {};
      for (const key of schema.required ?? []) {
        const value = sampleValue({ schema: schema.properties![key]!, file }, depth + 1);
        if (value === undefined) return undefined;
        sample[key] = value;
      }
      for (const [key, property] of Object.entries(schema.properties ?? {})) {
        if (Object.keys(sample).length >= (schema.minProperties ?? 0)) break;
        const value = Object.hasOwn(sample, key) ? undefined : sampleValue({ schema: property, file }, depth + 1);
        if (value !== undefined) sample[key] = value;
      }
      return Object.keys(sample).length >= (schema.minProperties ?? 0) ? sample : undefined;
    }
    default:
      return undefined;
  }
}

/** A value as it is written in YAML on one line. */
export function inYaml(value: JsonValue): string {
  if (Array.isArray(value)) return `[${value.map(inYaml).join(", ")}]`;
  if (typeof value === "object" && value !== null) {
    const entries = Object.entries(value).map(([key, each]) => `${inYaml(key)}: ${inYaml(each)}`);
    return entries.length === 0 ? "{}" : `{ ${entries.join(", ")} }`;
  }
  if (typeof value !== "string") return String(value);
  const isPlain =
    /^[A-Za-z0-9_/.][\w/.:{}+-]*$/.test(value) &&
    !/[{}]|:$/.test(value) &&
    !/^([-+]?(\.\d+|\d+(\.\d*)?)(e[-+]?\d+)?|0x[\da-f]+|0o[0-7]+|true|false|null|~)$/i.test(value);
  return isPlain ? value : JSON.stringify(value);
}

function conversions(value: JsonValue, written: LocatedSchema, depth: number): JsonValue[] {
  if (depth > deepest) return [];
  const located = followSchemaRef(written);
  const { schema, file } = located;
  const words = schema.anyOf?.find((branch) => (branch.enum?.length ?? 0) > 1)?.enum;
  // The end of a word was meant as that word.
  const ending = words?.filter((word) => String(word).endsWith(`.${String(value)}`)) ?? [];
  if (ending.length > 0) return ending as JsonValue[];
  if (schema.anyOf !== undefined) return schema.anyOf.flatMap((branch) => conversions(value, { schema: branch, file }, depth));
  if (schema.enum !== undefined) return schema.enum.filter((each) => String(each) === String(value)) as JsonValue[];
  const kind = kindOf(value);
  const kinds = schemaKinds(located);
  if (depth > 0 && (kinds.has(kind) || (kind === "number" && kinds.has("integer")))) {
    const text = schema.format === undefined || typeof value !== "string" ? undefined : repaired(value, schema.format);
    return text === undefined ? [value] : [value, text];
  }
  const found: JsonValue[] = [];
  if (kinds.has("string")) found.push(...asText(value, schema.format));
  if ((kinds.has("number") || kinds.has("integer")) && kind === "string" && /^-?\d+(\.\d+)?$/.test(value as string))
    found.push(Number(value));
  if (kinds.has("boolean") && /^(yes|on|true|no|off|false)$/i.test(String(value)))
    found.push(/^(yes|on|true)$/i.test(String(value)));
  if (kinds.has("array") && kind !== "array" && value !== null && schema.items !== undefined)
    found.push(...conversions(value, { schema: schema.items, file }, depth + 1).map((item) => [item]));
  if (kinds.has("object") && kind !== "object") found.push(...asMapping(value, located, depth));
  return found;
}

function asText(value: JsonValue, format: string | undefined): JsonValue[] {
  if (Array.isArray(value)) return value.length === 1 && typeof value[0] === "string" ? [value[0]] : [];
  if (typeof value !== "number") return [];
  const text = format === undefined ? undefined : repaired(value, format);
  return [...(text === undefined ? [] : [text]), String(value)];
}

/** What was written as the value of the key that it belongs to. */
function asMapping(value: JsonValue, { schema, file }: LocatedSchema, depth: number): JsonValue[] {
  const required = schema.required ?? [];
  if (Array.isArray(value)) {
    const parts = value.filter((item): item is JsonObject => kindOf(item) === "object");
    return parts.length === value.length && value.length > 0 ? [Object.assign({}, ...parts) as JsonObject] : [];
  }
  const found: JsonValue[] = [];
  const glued = typeof value === "string" ? /^([\w./-]+) *[:=]>? *(\S.*)$/.exec(value) : null;
  if (glued !== null && Object.hasOwn(schema.properties ?? {}, glued[1]!)) found.push({ [glued[1]!]: readScalar(glued[2]!) });
  if (required.length === 0 && (value === null || value === true || /^(on|yes|enabled)$/i.test(String(value)))) found.push({});
  for (const key of required.length > 0 ? required : Object.keys(schema.properties ?? {})) {
    const located = followSchemaRef({ schema: schema.properties![key]!, file });
    // Any of several keys may hold any text: only a format tells which was meant.
    if (required.length === 0 && (typeof value === "string" ? !isMeant(value, located) : !isNumeric(located))) continue;
    for (const inner of conversions(value, located, depth + 1)) found.push({ [key]: inner });
  }
  if (typeof value === "string" && typeof schema.additionalProperties === "object") {
    const inner = schema.additionalProperties.type === "array" ? [] : sampleValue({ schema: schema.additionalProperties, file });
    if (inner !== undefined) found.push({ [value]: inner });
  }
  return found;
}

/** The value behind a colon that lacked its space, as YAML would have read it. */
function readScalar(text: string): JsonValue {
  if (text === "{}") return {};
  if (text === "[]") return [];
  if (/^-?\d+$/.test(text)) return Number(text);
  return text === "true" ? true : text === "false" ? false : text;
}

const isFreeText = ({ schema }: LocatedSchema): boolean =>
  schema.format === undefined || formats[schema.format]?.asKind !== undefined || schema.type !== "string";

/** A text shows by its form which of several keys it was meant for. */
const isMeant = (text: string, located: LocatedSchema): boolean =>
  located.schema.format === "expression"
    ? looksLikeExpression.test(text)
    : !isFreeText(located) && !(located.schema.format === "header-name" && looksLikeQuantity.test(text));

/** `5s` could be the name of a field, and never is. */
const looksLikeQuantity = /^\d+(\.\d+)?[%\w/]*$/;

const looksLikeExpression = /[=!<>]=|&&|\|\||\bin\b|\b(?:identity|request|peer|params|body)\./;

const isNumeric = (located: LocatedSchema): boolean =>
  schemaKinds(located).has("integer") || /^(duration|size|rate)(-setting)?$/.test(located.schema.format ?? "");
