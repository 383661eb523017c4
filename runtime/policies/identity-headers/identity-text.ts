import { Timestamp, timestampText } from "../../expressions/timestamp.ts";
import { Uint } from "../../expressions/value.ts";

/**
 * A value of an expression as a field has it; empty where it has no form there. What is visible ASCII stays as it is, but for
 * `%`; everything else is percent-encoded as UTF-8 (RFC 3986 §2.1), so that no value ends the field, and every value can be
 * had back. Items of lists are joined by `,`, which is encoded in them.
 */
export function identityText(value: unknown): string {
  if (!Array.isArray(value)) return scalarText(value, false);
  let text = "";
  for (let index = 0; index < value.length; index++) {
    const item = scalarText(value[index], true);
    text += index === 0 ? item : `,${item}`;
  }
  return text;
}

function scalarText(value: unknown, isItem: boolean): string {
  if (typeof value === "string") return encoded(value, isItem);
  if (typeof value === "number" || typeof value === "bigint" || typeof value === "boolean") return String(value);
  if (value instanceof Uint) return String(value.value);
  return value instanceof Timestamp ? timestampText(value) : "";
}

function encoded(text: string, isItem: boolean): string {
  for (let index = 0; index < text.length; index++) if (!isPlain(text, index, isItem)) return encodedFrom(text, index, isItem);
  return text;
}

function encodedFrom(text: string, first: number, isItem: boolean): string {
  const hex = "0123456789ABCDEF";
  const bytes = Buffer.from(text.slice(first));
  let result = text.slice(0, first);
  for (let index = 0; index < bytes.length; index++) {
    const byte = bytes[index]!;
    const isLast = index === bytes.length - 1;
    const isInnerSpace = byte === 0x20 && !isLast && result !== "";
    if (isInnerSpace || isPlainCode(byte, isItem)) result += String.fromCharCode(byte);
    else result += `%${hex[byte >> 4]!}${hex[byte & 15]!}`;
  }
  return result;
}

/** A space at an end of the value would be lost (RFC 9110 §5.5). */
function isPlain(text: string, index: number, isItem: boolean): boolean {
  const code = text.charCodeAt(index);
  return isPlainCode(code, isItem) || (code === 0x20 && index > 0 && index < text.length - 1);
}

const isPlainCode = (code: number, isItem: boolean): boolean =>
  code > 0x20 && code < 0x7f && code !== 0x25 && !(isItem && code === 0x2c);
