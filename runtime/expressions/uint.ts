import { fail } from "./error.ts";
import { compact, type Int, uintOf } from "./int.ts";

export function addUint(a: Int, b: Int): Int {
  if (typeof a === "number" && typeof b === "number") {
    const sum = a + b;
    if (Number.isSafeInteger(sum)) return sum;
  }
  return uintOf(BigInt(a) + BigInt(b));
}

export function subtractUint(a: Int, b: Int): Int {
  return uintOf(BigInt(a) - BigInt(b));
}

export function multiplyUint(a: Int, b: Int): Int {
  if (typeof a === "number" && typeof b === "number") {
    const product = a * b;
    if (Number.isSafeInteger(product)) return product;
  }
  return uintOf(BigInt(a) * BigInt(b));
}

export function divideUint(a: Int, b: Int): Int {
  return b === 0 ? fail("division by zero") : compact(BigInt(a) / BigInt(b));
}

export function moduloUint(a: Int, b: Int): Int {
  return b === 0 ? fail("modulus by zero") : compact(BigInt(a) % BigInt(b));
}
