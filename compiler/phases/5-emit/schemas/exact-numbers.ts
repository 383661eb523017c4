import type { Constant } from "../../../ir/schema.ts";
import { JsExpression, type JsValue, jsValue } from "../../../text/js-value.ts";

/**
 * A number of a schema is a double, and for a whole one beyond 2^53 that is often not the number with the digits that
 * were written: 57433072863206490 is the double 57433072863206488. Whoever sends those digits sends a bigint, so that it
 * must be compared with the digits. Undefined where the two are the same number.
 */
export function exactInteger(value: number): bigint | undefined {
  if (!Number.isInteger(value) || Number.isSafeInteger(value)) return undefined;
  const [mantissa = "0", exponent = "0"] = value.toExponential().split("e");
  const [whole = "0", fraction = ""] = mantissa.split(".");
  const written = BigInt(whole + fraction) * 10n ** BigInt(Number(exponent) - fraction.length);
  return written === BigInt(value) ? undefined : written;
}

/** `digits`: of a bound that is not the double. `limit < 100`; with a bigint only for values that a double would not tell from the bound, as that is slower. */
export function comparison(text: string, operator: "<" | "<=" | ">" | ">=", limit: number, digits?: string): string {
  const exact = digits === undefined ? exactInteger(limit) : BigInt(digits);
  if (exact === undefined) return `${text} ${operator} ${jsValue(limit)}`;
  const isBeyond = operator.startsWith(">");
  const beyond = isBeyond ? `${text} > ${Number.MAX_SAFE_INTEGER}` : `${text} < ${Number.MIN_SAFE_INTEGER}`;
  return `${isBeyond === limit > 0 ? `${beyond} && ` : ""}${text} ${operator} ${exact}n`;
}

/** The values that are equal to one of a list: all of it, and the integers as they were written. */
export const withExact = (values: readonly Constant[]): readonly JsValue[] =>
  values.flatMap((value): JsValue[] => {
    const exact = typeof value === "number" ? exactInteger(value) : undefined;
    return exact === undefined ? [value] : [value, new JsExpression(`${exact}n`)];
  });
