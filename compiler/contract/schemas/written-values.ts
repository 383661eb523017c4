import type { SchemaType } from "../../ir/schema.ts";
import type { JsonValue } from "../../source/source-set.ts";

export const typeNames: readonly SchemaType[] = ["null", "boolean", "object", "array", "number", "integer", "string"];
export const isTypeName = (value: JsonValue): boolean => (typeNames as readonly JsonValue[]).includes(value);
export const isTexts = (value: JsonValue | undefined): value is readonly string[] =>
  Array.isArray(value) && value.every((item) => typeof item === "string");
/** YAML has `.inf` and `.nan`, and `1e400` is beyond every number of JavaScript: nobody can send them. */
export const isJson = (value: JsonValue): boolean =>
  typeof value === "object" && value !== null
    ? Object.values(value).every(isJson)
    : typeof value !== "number" || Number.isFinite(value);
