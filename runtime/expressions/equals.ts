import { Duration } from "./duration.ts";
import { Timestamp } from "./timestamp.ts";
import { TypeName, Uint } from "./value.ts";

/**
 * CEL's `==` for any two values, with or without their types: numbers by their mathematical value, lists and maps part
 * by part, values of different types never equal.
 */
export function equals(a: unknown, b: unknown): boolean {
  if (a instanceof Uint) return equals(a.value, b);
  if (b instanceof Uint) return equals(a, b.value);
  if (typeof a !== "object" || typeof b !== "object" || a === null || b === null) {
    if (a === b) return true;
    // An integer beside a double is compared as a double.
    return typeof a !== typeof b && isNumber(a) && isNumber(b) && Number(a) === Number(b);
  }
  if (Array.isArray(a)) return Array.isArray(b) && equalLists(a, b);
  if (Array.isArray(b)) return false;
  if (a instanceof Uint8Array)
    return b instanceof Uint8Array && a.length === b.length && a.every((octet, index) => octet === b[index]);
  if (a instanceof Timestamp) return b instanceof Timestamp && a.seconds === b.seconds && a.nanos === b.nanos;
  if (a instanceof Duration) return b instanceof Duration && a.seconds === b.seconds && a.nanos === b.nanos;
  if (a instanceof TypeName) return b instanceof TypeName && a.name === b.name;
  if (b instanceof Uint8Array || b instanceof Timestamp || b instanceof Duration || b instanceof TypeName) return false;
  return equalMaps(a, b);
}

function isNumber(value: unknown): value is number | bigint {
  return typeof value === "number" || typeof value === "bigint";
}

function equalLists(a: readonly unknown[], b: readonly unknown[]): boolean {
  if (a.length !== b.length) return false;
  for (let index = 0; index < a.length; index++) {
    if (!equals(a[index], b[index])) return false;
  }
  return true;
}

function equalMaps(a: object, b: object): boolean {
  const keys = keysOf(a);
  if (keys.length !== keysOf(b).length) return false;
  for (const key of keys) {
    const other = lookUp(b, key);
    if (other === undefined || !equals(lookUp(a, key), other)) return false;
  }
  return true;
}

/** Keys of a map from an expression or of a JSON object. */
export function keysOf(map: object): readonly unknown[] {
  return map instanceof Map ? [...map.keys()] : Object.keys(map);
}

/** The value under a key equal to `key`, or undefined. */
export function lookUp(map: object, key: unknown): unknown {
  if (!(map instanceof Map))
    return typeof key === "string" && Object.hasOwn(map, key) ? (map as { readonly [key: string]: unknown })[key] : undefined;
  const found: unknown = map.get(key);
  if (found !== undefined || typeof key === "string" || typeof key === "boolean") return found;
  for (const [candidate, value] of map) {
    if (equals(candidate, key)) return value;
  }
  return undefined;
}
