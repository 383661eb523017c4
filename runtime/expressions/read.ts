import { fail } from "./error.ts";
import { type Int, isInt64 } from "./int.ts";

// Checks of what comes from outside, where it is read: a schema promises a type, these functions hold it. Absent parts
// are `undefined`.

export function readInt(value: unknown): Int {
  if (Number.isSafeInteger(value)) return (value as number) + 0;
  const large = largeInteger(value);
  return large !== undefined && isInt64(large) ? large : wrong(value, "a 64-bit integer");
}

/** Integers beyond 2^53: what is read of JSON is a double where one holds it, as it does −2^63, and a bigint otherwise. */
const largeInteger = (value: unknown): bigint | undefined =>
  typeof value === "bigint" ? value : Number.isInteger(value) ? BigInt(value as number) : undefined;

/** An integer in the form in which it is read of JSON. */
export function asInJson(value: Int): Int {
  if (typeof value === "number") return value;
  const double = Number(value);
  return BigInt(double) === value ? double : value;
}

/** Unsigned, up to 2^64 − 1. */
export function readUint(value: unknown): Int {
  if (Number.isSafeInteger(value) && (value as number) >= 0) return (value as number) + 0;
  const large = largeInteger(value);
  return large !== undefined && BigInt.asUintN(64, large) === large ? large : wrong(value, "an unsigned 64-bit integer");
}

export function readDouble(value: unknown): number {
  return typeof value === "number" ? value : typeof value === "bigint" ? Number(value) : wrong(value, "a number");
}

export function readString(value: unknown): string {
  return typeof value === "string" ? value : wrong(value, "a string");
}

export function readBool(value: unknown): boolean {
  return typeof value === "boolean" ? value : wrong(value, "a bool");
}

export function readNull(value: unknown): null {
  return value === null ? null : wrong(value, "null");
}

export function readList(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : wrong(value, "a list");
}

/** An object of JSON, or a map that an expression made. */
export function readObject(value: unknown): { readonly [key: string]: unknown } {
  return typeof value === "object" && value !== null && !Array.isArray(value)
    ? (value as { readonly [key: string]: unknown })
    : wrong(value, "an object");
}

/** Stands for what was sent and is not a value of its declaration: no function here takes it. */
export const unreadable: unknown = {};

/** Anything that is there. */
export function present<T>(value: T | undefined): T {
  return value === undefined || value === unreadable ? fail("absent") : value;
}

/** For a value that may be missing as a whole. */
export function orNull(value: unknown): unknown {
  return value === undefined ? null : value;
}

/** A field whose name objects of JavaScript have of themselves, or that is only known at run time. */
export function own(object: { readonly [key: string]: unknown }, name: string): unknown {
  return Object.hasOwn(object, name) ? object[name] : undefined;
}

function wrong(value: unknown, wanted: string): never {
  return fail(value === undefined ? "absent" : `not ${wanted}`);
}
