import { parseJson } from "../../body/json.ts";

export type JsonObject = Readonly<Record<string, unknown>>;

/** Claims nest a few levels deep, in any token that somebody has thought of. */
const maxDepth = 20;

/**
 * The object that a JSON text is, read so that nobody else can read it otherwise: UTF-8 without byte order mark, no
 * member twice (RFC 7519 §4), none called `__proto__`, no number beyond the range of a double. Inherits nothing, so that
 * a member which is absent is undefined whatever its name. Undefined for every other text.
 */
export function jsonObject(bytes: Uint8Array): JsonObject | undefined {
  const { value } = parseJson(bytes, { maxDepth });
  // It was made here, and nobody else has it: a copy would cost as much as half of the parsing.
  return isJsonObject(value) ? (Object.setPrototypeOf(value, null) as JsonObject) : undefined;
}

export const isJsonObject = (value: unknown): value is JsonObject =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** A member of a JSON object that may have a prototype; undefined where it has none of its own. */
export const ownMember = (object: JsonObject, name: string): unknown => (Object.hasOwn(object, name) ? object[name] : undefined);
