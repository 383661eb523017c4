import { fail } from "./error.ts";
import { compact, type Int } from "./int.ts";

export function boolFromString(text: string): boolean {
  if (text === "true" || text === "True" || text === "TRUE" || text === "t" || text === "1") return true;
  if (text === "false" || text === "False" || text === "FALSE" || text === "f" || text === "0") return false;
  return fail("no bool");
}

/** Drops the fraction. The bounds themselves are refused, as a double near them may have been rounded to them. */
export function intFromDouble(value: number): Int {
  if (!(value > -0x8000000000000000 && value < 0x8000000000000000)) fail("integer overflow");
  const whole = Math.trunc(value) + 0;
  return Number.isSafeInteger(whole) ? whole : compact(BigInt(whole));
}

export function intFromUint(value: Int): Int {
  return value > 0x7fffffffffffffffn ? fail("integer overflow") : value;
}

export function intFromString(text: string): Int {
  if (!/^[+-]?\d+$/.test(text)) fail("no integer");
  const value = integerOf(text) ?? fail("integer overflow");
  if (value < -0x8000000000000000n || value > 0x7fffffffffffffffn) fail("integer overflow");
  return compact(value);
}

/** Undefined where more digits count than 64 bits have: to make a number of them takes more than one step for each. */
function integerOf(text: string): bigint | undefined {
  const digits = text.replace(/^[+-]?0*(?=\d)/, "");
  if (digits.length > 20) return undefined;
  return text.startsWith("-") ? -BigInt(digits) : BigInt(digits);
}

export function uintFromInt(value: Int): Int {
  return value < 0 ? fail("unsigned integer overflow") : value;
}

export function uintFromDouble(value: number): Int {
  if (!(value >= 0 && value < 0x10000000000000000)) fail("unsigned integer overflow");
  const whole = Math.trunc(value) + 0;
  return Number.isSafeInteger(whole) ? whole : compact(BigInt(whole));
}

export function uintFromString(text: string): Int {
  if (!/^\+?\d+$/.test(text)) fail("no unsigned integer");
  const value = integerOf(text) ?? fail("unsigned integer overflow");
  return value > 0xffffffffffffffffn ? fail("unsigned integer overflow") : compact(value);
}

export function doubleFromString(text: string): number {
  if (/^[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?$/.test(text)) return Number(text);
  const word = /^([+-]?)(?:(inf(?:inity)?)|nan)$/i.exec(text);
  if (word === null) return fail("no number");
  return word[2] === undefined ? Number.NaN : word[1] === "-" ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY;
}

export function stringFromDouble(value: number): string {
  if (!Number.isFinite(value)) return Number.isNaN(value) ? "NaN" : value > 0 ? "+Inf" : "-Inf";
  return Object.is(value, -0) ? "-0" : String(value);
}
