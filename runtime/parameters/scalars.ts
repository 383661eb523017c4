import { wrongType } from "../validation/report.ts";
import type { Key, Violations } from "../validation/violations.ts";
import { type Decoding, decode } from "./decode.ts";
import { malformed, notBoolean } from "./report.ts";

/** Types that a text may have: a sum of these. */
export type ScalarTypes = number;
const nullType = 1;
const booleanType = 2;
const integerType = 4;
const numberType = 8;
const stringType = 16;

/**
 * NaN where the text is no integer: digits with no needless zero, and a minus sign. A bigint where no double holds it,
 * which is so for most beyond 2^53.
 */
export function readInteger(text: string): number | bigint {
  const { length } = text;
  const isNegative = length > 1 && text.charCodeAt(0) === 0x2d;
  let index = isNegative ? 1 : 0;
  // More digits than a double is sure to hold.
  if (length - index > 15) return isLongInteger(text, index) ? longInteger(text) : Number.NaN;
  if (length === index) return Number.NaN;
  if (text.charCodeAt(index) === 0x30 && length - index > 1) return Number.NaN;
  let value = 0;
  for (; index < length; index++) {
    const digit = text.charCodeAt(index) - 0x30;
    if (digit < 0 || digit > 9) return Number.NaN;
    value = value * 10 + digit;
  }
  // No negative zero: it would be equal to 0 and yet not the same.
  return isNegative && value !== 0 ? -value : value;
}

function isLongInteger(text: string, start: number): boolean {
  if (text.charCodeAt(start) === 0x30) return false;
  for (let index = start; index < text.length; index++) {
    const code = text.charCodeAt(index);
    if (code < 0x30 || code > 0x39) return false;
  }
  return true;
}

/** What is too large for a double is no number, as in JSON bodies. */
function longInteger(text: string): number | bigint {
  const value = Number(text);
  if (Number.isSafeInteger(value)) return value;
  if (!Number.isFinite(value)) return Number.NaN;
  const integer = BigInt(text);
  return BigInt(value) === integer ? value : integer;
}

/** NaN where the text is no number of JSON (RFC 8259 §6), or too large for a double. */
export function readNumber(text: string): number | bigint {
  const integer = readInteger(text);
  if (!Number.isNaN(integer) || !/^-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?$/.test(text)) return integer;
  return finite(Number(text)) + 0;
}

const finite = (value: number): number => (Number.isFinite(value) ? value : Number.NaN);

/** A JSON value, with bigints as `readInteger` gives them: the first of null, boolean, integer, number and string that is allowed and that the text can be; undefined: none. */
export function readScalar(
  raw: string | undefined,
  types: ScalarTypes,
  decoding: Decoding,
  found: Violations | null,
  key?: Key,
): unknown {
  if (raw === undefined) return undefined;
  const text = decode(raw, decoding);
  if (text === undefined) return malformed(found, key);
  if ((types & nullType) !== 0 && (text === "null" || (text === "" && (types & stringType) === 0))) return null;
  if ((types & booleanType) !== 0) {
    if (text === "true") return true;
    if (text === "false") return false;
  }
  if ((types & (integerType | numberType)) !== 0) {
    const value = (types & numberType) === 0 ? readInteger(text) : readNumber(text);
    if (!Number.isNaN(value)) return value;
  }
  if ((types & stringType) !== 0) return text;
  if ((types & ~nullType) === booleanType) return notBoolean(found, types !== booleanType, key);
  wrongType(found, typeNames(types), key);
  return undefined;
}

function typeNames(types: ScalarTypes): string {
  const names: string[] = [];
  if ((types & booleanType) !== 0) names.push("boolean");
  if ((types & numberType) !== 0) names.push("number");
  else if ((types & integerType) !== 0) names.push("integer");
  if ((types & nullType) !== 0) names.push("null");
  return names.join(" ");
}
