import { readInt, readUint } from "./read.ts";
import { Uint } from "./value.ts";

// From the plain form of a type to a value that carries its type. Parts of JSON may be of other types than promised.

export function boxInt(value: unknown): bigint {
  return BigInt(readInt(value));
}

export function boxUint(value: unknown): Uint {
  return new Uint(BigInt(readUint(value)));
}

/** A number of JSON where the schema allows integers beside other types. */
export function boxJsonInt(value: unknown): unknown {
  return Number.isSafeInteger(value) ? BigInt(value as number) : value;
}

export function boxList(list: readonly unknown[], box: (element: unknown) => unknown): readonly unknown[] {
  return list.map((element) => box(element));
}

export function boxMap(
  map: object,
  boxKey: (key: unknown) => unknown,
  box: (value: unknown) => unknown,
): ReadonlyMap<unknown, unknown> {
  const boxed = new Map<unknown, unknown>();
  for (const [key, value] of map instanceof Map ? map : Object.entries(map)) boxed.set(boxKey(key), box(value));
  return boxed;
}
