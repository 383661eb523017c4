import { keysOf, lookUp } from "./equals.ts";
import { fail } from "./error.ts";
import { unreadable } from "./read.ts";

/** The value under `key`. */
export function entryOf(map: object, key: unknown): unknown {
  const value = lookUp(map, key);
  return value === undefined || value === unreadable ? fail("no such key") : value;
}

export function hasKey(map: object, key: unknown): boolean {
  return lookUp(map, key) !== undefined;
}

export function sizeOfMap(map: object): number {
  return map instanceof Map ? map.size : Object.keys(map).length;
}

/** A map from keys and values that alternate; two equal keys are an error. */
export function mapOf(...entries: readonly unknown[]): ReadonlyMap<unknown, unknown> {
  const map = new Map<unknown, unknown>();
  for (let index = 0; index < entries.length; index += 2) {
    if (lookUp(map, entries[index]) !== undefined) fail("repeated key");
    map.set(entries[index], entries[index + 1]);
  }
  return map;
}

/** Keys in the order in which macros see them. */
export function keys(map: object): readonly unknown[] {
  return keysOf(map);
}
