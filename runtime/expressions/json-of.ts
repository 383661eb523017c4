import { Duration, durationText } from "./duration.ts";
import { Timestamp, timestampText } from "./timestamp.ts";
import { TypeName, Uint } from "./value.ts";

/**
 * A value that carries its type as JSON has it: integers beyond 2^53 and what JSON has no form for as text, bytes in
 * Base64, as in CEL's mapping to JSON.
 */
export function jsonOf(value: unknown): unknown {
  if (typeof value === "bigint") return jsonInteger(value);
  if (typeof value === "number") return Number.isFinite(value) ? value : String(value);
  if (typeof value !== "object" || value === null) return value;
  if (value instanceof Uint) return jsonInteger(value.value);
  if (value instanceof Timestamp) return timestampText(value);
  if (value instanceof Duration) return durationText(value);
  if (value instanceof TypeName) return value.name;
  if (value instanceof Uint8Array) return Buffer.from(value.buffer, value.byteOffset, value.byteLength).toString("base64");
  if (Array.isArray(value)) return value.map(jsonOf);
  // `fromEntries` makes a member of every key, `__proto__` among them.
  const entries: readonly (readonly [unknown, unknown])[] = value instanceof Map ? [...value] : Object.entries(value);
  return Object.fromEntries(
    entries.map(([key, inner]) => [key instanceof Uint ? String(key.value) : String(key), jsonOf(inner)]),
  );
}

const jsonInteger = (value: bigint): unknown => (Number.isSafeInteger(Number(value)) ? Number(value) : String(value));
