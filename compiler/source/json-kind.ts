import type { JsonObject, JsonValue } from "./source-set.ts";

export function isObject(value: unknown): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

export type JsonKind = "object" | "array" | "string" | "number" | "boolean" | "null";

export function kindOf(value: JsonValue): JsonKind {
  if (value === null) return "null";
  if (Array.isArray(value)) return "array";
  return typeof value as JsonKind;
}

/** What users call a value of that kind in YAML. */
export const words: Readonly<Record<JsonKind | "integer", string>> = {
  object: "a mapping (`key: value`)",
  array: "a list",
  string: "text",
  number: "a number",
  integer: "a whole number",
  boolean: "`true` or `false`",
  null: "empty",
};
