import { fail } from "./error.ts";

/**
 * A 64-bit integer: a number where it is safe (±(2^53 − 1)), else a bigint. Every value has one form, so that `===` and
 * `<` of JavaScript compare exactly, and what policies meet in practice costs no bigint.
 */
export type Int = number | bigint;

/** The form above, of an exact value. */
export function intOf(value: bigint): Int {
  if (!isInt64(value)) fail("integer overflow");
  return compact(value);
}

export const isInt64 = (value: bigint): boolean => value >= -0x8000000000000000n && value <= 0x7fffffffffffffffn;

export function uintOf(value: bigint): Int {
  if (value < 0n || value > 0xffffffffffffffffn) fail("unsigned integer overflow");
  return compact(value);
}

export function compact(value: bigint): Int {
  return value >= -0x1fffffffffffffn && value <= 0x1fffffffffffffn ? Number(value) : value;
}

// A result that is a safe number was computed without rounding; every other is computed again with bigints.

export function addInt(a: Int, b: Int): Int {
  if (typeof a === "number" && typeof b === "number") {
    const sum = a + b;
    if (Number.isSafeInteger(sum)) return sum;
  }
  return intOf(BigInt(a) + BigInt(b));
}

export function subtractInt(a: Int, b: Int): Int {
  if (typeof a === "number" && typeof b === "number") {
    const difference = a - b;
    if (Number.isSafeInteger(difference)) return difference;
  }
  return intOf(BigInt(a) - BigInt(b));
}

export function multiplyInt(a: Int, b: Int): Int {
  if (typeof a === "number" && typeof b === "number") {
    const product = a * b;
    // The sum turns -0 into 0.
    if (Number.isSafeInteger(product)) return product + 0;
  }
  return intOf(BigInt(a) * BigInt(b));
}

/** Rounds towards zero. */
export function divideInt(a: Int, b: Int): Int {
  if (b === 0) fail("division by zero");
  // The quotient of numbers may round up to the next integer, so the remainder is taken off first.
  if (typeof a === "number" && typeof b === "number") return (a - (a % b)) / b + 0;
  return intOf(BigInt(a) / BigInt(b));
}

/** Has the sign of the dividend. */
export function moduloInt(a: Int, b: Int): Int {
  if (b === 0) fail("modulus by zero");
  if (typeof a === "number" && typeof b === "number") return (a % b) + 0;
  // The one quotient that overflows has no remainder either.
  if (b === -1 && a === -0x8000000000000000n) fail("integer overflow");
  return compact(BigInt(a) % BigInt(b));
}

export function negateInt(a: Int): Int {
  return typeof a === "number" ? 0 - a : intOf(-a);
}
