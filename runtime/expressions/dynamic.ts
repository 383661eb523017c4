import { addDuration, Duration, subtractDuration } from "./duration.ts";
import { fail } from "./error.ts";
import { type Int, intOf, uintOf } from "./int.ts";
import { elementOf, includes } from "./list.ts";
import { entryOf, hasKey, sizeOfMap } from "./map.ts";
import { isMap } from "./narrow.ts";
import { addBytes, compareBytes, compareStrings, sizeOfString } from "./text.ts";
import { addTimestamp, compareTime, subtractFromTimestamp, Timestamp, timestampDifference } from "./timestamp.ts";
import { Uint } from "./value.ts";

// Operators on values that carry their type: the overload is chosen at run time, and none is an error.

export function addDyn(a: unknown, b: unknown): unknown {
  if (typeof a === "bigint" && typeof b === "bigint") return BigInt(intOf(a + b));
  if (typeof a === "number" && typeof b === "number") return a + b;
  if (typeof a === "string" && typeof b === "string") return a + b;
  if (a instanceof Uint && b instanceof Uint) return uint(a.value + b.value);
  if (a instanceof Uint8Array && b instanceof Uint8Array) return addBytes(a, b);
  if (Array.isArray(a) && Array.isArray(b)) return [...(a as unknown[]), ...(b as unknown[])];
  if (a instanceof Timestamp && b instanceof Duration) return addTimestamp(a, b);
  if (a instanceof Duration && b instanceof Timestamp) return addTimestamp(b, a);
  return a instanceof Duration && b instanceof Duration ? addDuration(a, b) : noOverload();
}

export function subtractDyn(a: unknown, b: unknown): unknown {
  if (typeof a === "bigint" && typeof b === "bigint") return BigInt(intOf(a - b));
  if (typeof a === "number" && typeof b === "number") return a - b;
  if (a instanceof Uint && b instanceof Uint) return uint(a.value - b.value);
  if (a instanceof Timestamp && b instanceof Timestamp) return timestampDifference(a, b);
  if (a instanceof Timestamp && b instanceof Duration) return subtractFromTimestamp(a, b);
  return a instanceof Duration && b instanceof Duration ? subtractDuration(a, b) : noOverload();
}

export function multiplyDyn(a: unknown, b: unknown): unknown {
  if (typeof a === "bigint" && typeof b === "bigint") return BigInt(intOf(a * b));
  if (typeof a === "number" && typeof b === "number") return a * b;
  return a instanceof Uint && b instanceof Uint ? uint(a.value * b.value) : noOverload();
}

export function divideDyn(a: unknown, b: unknown): unknown {
  if (typeof a === "number" && typeof b === "number") return a / b;
  if (typeof a === "bigint" && typeof b === "bigint") return b === 0n ? fail("division by zero") : BigInt(intOf(a / b));
  if (!(a instanceof Uint && b instanceof Uint)) return noOverload();
  return b.value === 0n ? fail("division by zero") : uint(a.value / b.value);
}

export function moduloDyn(a: unknown, b: unknown): unknown {
  if (typeof a === "bigint" && typeof b === "bigint") {
    if (b === 0n) fail("modulus by zero");
    return a === -0x8000000000000000n && b === -1n ? fail("integer overflow") : a % b;
  }
  if (!(a instanceof Uint && b instanceof Uint)) return noOverload();
  return b.value === 0n ? fail("modulus by zero") : uint(a.value % b.value);
}

export function negateDyn(a: unknown): unknown {
  if (typeof a === "number") return -a;
  return typeof a === "bigint" ? BigInt(intOf(-a)) : noOverload();
}

/** Negative, zero or positive; NaN where a number is none. */
export function compareDyn(a: unknown, b: unknown): number {
  const [left, right] = [number(a), number(b)];
  // An integer beside a double is compared as a double.
  if (left !== undefined && right !== undefined)
    return typeof left === typeof right ? compareNumbers(left, right) : compareNumbers(Number(left), Number(right));
  if (typeof a === "string" && typeof b === "string") return compareStrings(a, b);
  if (typeof a === "boolean" && typeof b === "boolean") return Number(a) - Number(b);
  if (a instanceof Uint8Array && b instanceof Uint8Array) return compareBytes(a, b);
  if (a instanceof Timestamp && b instanceof Timestamp) return compareTime(a, b);
  return a instanceof Duration && b instanceof Duration ? compareTime(a, b) : noOverload();
}

function compareNumbers(a: Int, b: Int): number {
  return a < b ? -1 : a > b ? 1 : a === b ? 0 : Number.NaN;
}

export function inDyn(a: unknown, b: unknown): boolean {
  if (Array.isArray(b)) return includes(b, a);
  return isMap(b) ? hasKey(b, a) : noOverload();
}

export function elementOfDyn(container: unknown, index: unknown): unknown {
  if (Array.isArray(container)) return elementOf(container, indexOf(index));
  return isMap(container) ? entryOf(container, index) : noOverload();
}

/** An index of any numeric type, as long as it is whole. */
export function indexOf(value: unknown): Int {
  const index = number(value);
  if (index === undefined) return noOverload();
  return typeof index === "number" && !Number.isInteger(index) ? fail("index is no integer") : index;
}

export function sizeDyn(value: unknown): number {
  if (typeof value === "string") return sizeOfString(value);
  if (Array.isArray(value) || value instanceof Uint8Array) return value.length;
  return isMap(value) ? sizeOfMap(value) : noOverload();
}

/** For fields of a value that may be anything. */
export function fieldOfDyn(value: unknown, name: string): unknown {
  return isMap(value) ? entryOf(value, name) : noOverload();
}

export function hasFieldDyn(value: unknown, name: string): boolean {
  return isMap(value) ? hasKey(value, name) : noOverload();
}

function number(value: unknown): Int | undefined {
  if (typeof value === "number" || typeof value === "bigint") return value;
  return value instanceof Uint ? value.value : undefined;
}

function uint(value: bigint): Uint {
  return new Uint(BigInt(uintOf(value)));
}

export function noOverload(): never {
  return fail("no such overload");
}
