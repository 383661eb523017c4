/** What emitted validators ask about JSON values. */

export const isObject = (value: unknown): value is { readonly [key: string]: unknown } =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** A double, or an integer that no double holds, which is a bigint. */
export const isNumber = (value: unknown): value is number | bigint => typeof value === "number" || typeof value === "bigint";

export const isInteger = (value: unknown): value is number | bigint => Number.isInteger(value) || typeof value === "bigint";

/** A property whose name every object inherits: `constructor`, `__proto__`. */
export const own = (value: object, name: string): unknown =>
  Object.hasOwn(value, name) ? (value as { readonly [key: string]: unknown })[name] : undefined;

/** A property has one of these texts; no inherited one is a text. */
export const isOfKind = (value: unknown, property: string, texts: readonly unknown[]): boolean =>
  isObject(value) && texts.includes(value[property]);

/** Fewer than `limit` code points. A code point has one or two UTF-16 code units, so most text is settled by its length. */
export function isShorter(text: string, limit: number): boolean {
  if (text.length < limit) return true;
  return text.length < limit * 2 && codePoints(text) < limit;
}

/** More than `limit` code points. */
export function isLonger(text: string, limit: number): boolean {
  if (text.length <= limit) return false;
  return text.length > limit * 2 || codePoints(text) > limit;
}

function codePoints(text: string): number {
  let count = text.length;
  for (let index = 1; index < text.length; index++) {
    if ((text.charCodeAt(index) & 0xfc00) === 0xdc00 && (text.charCodeAt(index - 1) & 0xfc00) === 0xd800) {
      count--;
      index++;
    }
  }
  return count;
}

/**
 * Equality of JSON values (JSON Schema 2020-12 §4.2.2): numbers by value, objects whatever the order of their keys. A
 * bigint is equal to no double, as it stands for an integer that no double holds.
 */
export function isEqual(a: unknown, b: unknown): boolean {
  if (a === b) return true;
  if (typeof a !== "object" || typeof b !== "object" || a === null || b === null) return false;
  if (Array.isArray(a)) {
    if (!Array.isArray(b) || a.length !== b.length) return false;
    for (let index = 0; index < a.length; index++) if (!isEqual(a[index], b[index])) return false;
    return true;
  }
  if (Array.isArray(b)) return false;
  const keys = Object.keys(a);
  if (keys.length !== Object.keys(b).length) return false;
  for (const key of keys) {
    if (!Object.hasOwn(b, key)) return false;
    if (!isEqual((a as { readonly [name: string]: unknown })[key], (b as { readonly [name: string]: unknown })[key]))
      return false;
  }
  return true;
}

export const isAmong = (values: readonly unknown[], value: unknown): boolean => values.some((each) => isEqual(each, value));

/** No two items are equal. Linear for scalars; containers are compared by a text that is the same for equal values. */
export function areUnique(items: readonly unknown[]): boolean {
  const seen = new Set<unknown>();
  for (const item of items) {
    // No scalar of JSON is a text that begins with this character and is also made here.
    const identity =
      typeof item === "object" && item !== null ? `\u0000${canonical(item)}` : typeof item === "string" ? `"${item}` : item;
    if (seen.has(identity)) return false;
    seen.add(identity);
  }
  return true;
}

function canonical(value: unknown): string {
  if (typeof value === "bigint") return String(value);
  if (typeof value !== "object" || value === null) return JSON.stringify(value === 0 ? 0 : value);
  if (Array.isArray(value)) return `[${value.map(canonical).join()}]`;
  const record = value as { readonly [key: string]: unknown };
  const keys = Object.keys(record).sort();
  return `{${keys.map((key) => `${JSON.stringify(key)}:${canonical(record[key])}`).join()}}`;
}

/** By decimal digits where one of them is no integer: 0.0075 is a multiple of 0.0001, and the quotient of the doubles is not whole. */
export const isMultipleOf = (value: number | bigint, of: number): boolean =>
  typeof value === "number" && Number.isInteger(value) && Number.isInteger(of) ? value % of === 0 : isDecimalMultiple(value, of);

function isDecimalMultiple(value: number | bigint, of: number): boolean {
  const [digits, exponent] = decimal(value);
  const [ofDigits, ofExponent] = decimal(of);
  const shift = exponent - ofExponent;
  // Beyond that a double of the other's size has no digit left.
  if (Math.abs(shift) > 700) return false;
  return shift >= 0 ? (digits * 10n ** BigInt(shift)) % ofDigits === 0n : digits % (ofDigits * 10n ** BigInt(-shift)) === 0n;
}

function decimal(value: number | bigint): readonly [digits: bigint, exponent: number] {
  if (typeof value === "bigint") return [value, 0];
  const [mantissa = "0", exponent = "0"] = value.toExponential().split("e");
  const [whole = "0", fraction = ""] = mantissa.split(".");
  return [BigInt(whole + fraction), Number(exponent) - fraction.length];
}

export function countProperties(value: object): number {
  let count = 0;
  for (const _ in value) count++;
  return count;
}
