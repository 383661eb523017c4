import { equals } from "./equals.ts";
import { fail } from "./error.ts";
import type { Int } from "./int.ts";

/** The element at `index`, counted from 0. */
export function elementOf(list: readonly unknown[], index: Int): unknown {
  const element = list[Number(index)];
  return element === undefined ? fail("index out of range") : element;
}

export function includes(list: readonly unknown[], value: unknown): boolean {
  for (let index = 0; index < list.length; index++) {
    if (equals(list[index], value)) return true;
  }
  return false;
}
