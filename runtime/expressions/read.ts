import { fail } from "./error.ts";
import type { Int } from "./int.ts";

// Checks of what comes from outside, where it is read: a schema promises a type, these functions hold it. Absent parts
// are `undefined`.

export function readInt(value: unknown): Int {
  // Numbers of JSON are doubles: an integer that may have been rounded has no value. Literals beside them may be bigints.
  return Number.isSafeInteger(value) ? (value as number) + 0 : typeof value === "bigint" ? value : wrong(value, "an integer");
}

export function readDouble(value: unknown): number {
  return typeof value === "number" ? value : wrong(value, "a number");
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
  return typeof value === "object" && value !== null && !Array.isArray(value) ? (value as { readonly [key: string]: unknown }) : wrong(value, "an object");
}

/** Anything that is there. */
export function present<T>(value: T | undefined): T {
  return value === undefined ? fail("absent") : value;
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
