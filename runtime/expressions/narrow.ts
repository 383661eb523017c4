import { Duration } from "./duration.ts";
import { fail } from "./error.ts";
import { compact, type Int, isInt64 } from "./int.ts";
import { Timestamp } from "./timestamp.ts";
import { TypeName, Uint } from "./value.ts";

// From a value that carries its type to the plain form of one type; any other type is an error.

export function narrowInt(value: unknown): Int {
  // A bigint of JSON may be of any length.
  return typeof value === "bigint" && isInt64(value) ? compact(value) : mismatch();
}

export function narrowUint(value: unknown): Int {
  return value instanceof Uint ? compact(value.value) : mismatch();
}

export function narrowDouble(value: unknown): number {
  return typeof value === "number" ? value : mismatch();
}

export function narrowString(value: unknown): string {
  return typeof value === "string" ? value : mismatch();
}

export function narrowBool(value: unknown): boolean {
  return typeof value === "boolean" ? value : mismatch();
}

export function narrowNull(value: unknown): null {
  return value === null ? null : mismatch();
}

export function narrowBytes(value: unknown): Uint8Array {
  return value instanceof Uint8Array ? value : mismatch();
}

export function narrowTimestamp(value: unknown): Timestamp {
  return value instanceof Timestamp ? value : mismatch();
}

export function narrowDuration(value: unknown): Duration {
  return value instanceof Duration ? value : mismatch();
}

export function narrowType(value: unknown): TypeName {
  return value instanceof TypeName ? value : mismatch();
}

export function narrowList(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : mismatch();
}

export function narrowMap(value: unknown): { readonly [key: string]: unknown } {
  return isMap(value) ? (value as { readonly [key: string]: unknown }) : mismatch();
}

/** A map of an expression or an object of JSON. */
export function isMap(value: unknown): value is object {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return false;
  return !(
    value instanceof Uint ||
    value instanceof Uint8Array ||
    value instanceof Timestamp ||
    value instanceof Duration ||
    value instanceof TypeName
  );
}

/** What a macro goes through: the elements of a list, the keys of a map. */
export function elements(value: unknown): readonly unknown[] {
  if (Array.isArray(value)) return value;
  if (value instanceof Map) return [...value.keys()];
  return isMap(value) ? Object.keys(value) : mismatch();
}

function mismatch(): never {
  return fail("no such overload");
}
