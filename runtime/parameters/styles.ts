import type { Violations } from "../validation/violations.ts";
import { decode } from "./decode.ts";
import { wrongStyle } from "./report.ts";

/** Offset behind the path segment that begins at `start`. */
export function segmentEnd(path: string, start: number): number {
  const end = path.indexOf("/", start);
  return end < 0 ? path.length : end;
}

/** `;name=value` or `;name`: the value. */
export function matrixText(raw: string, name: string, found: Violations | null): string | undefined {
  const equals = raw.indexOf("=");
  const end = equals < 0 ? raw.length : equals;
  if (raw.charCodeAt(0) !== 0x3b || decode(raw.slice(1, end), 1) !== name) return wrongStyle(found, `;${name}=value`);
  return equals < 0 ? "" : raw.slice(equals + 1);
}

/** `;name=one;name=two`: the values. */
export function matrixList(raw: string, name: string, found: Violations | null): string[] | undefined {
  if (raw.charCodeAt(0) !== 0x3b) return wrongStyle(found, `;${name}=value`);
  const values: string[] = [];
  for (const part of raw.slice(1).split(";")) {
    const equals = part.indexOf("=");
    if (decode(equals < 0 ? part : part.slice(0, equals), 1) !== name) return wrongStyle(found, `;${name}=value`);
    values.push(equals < 0 ? "" : part.slice(equals + 1));
  }
  return values;
}

/** `;R=100;G=200`: `R=100` and `G=200`. */
export function matrixParts(raw: string, found: Violations | null): string[] | undefined {
  return raw.charCodeAt(0) === 0x3b ? raw.slice(1).split(";") : wrongStyle(found, ";name=value");
}

/** `.value`: the value. */
export function labelText(raw: string, found: Violations | null): string | undefined {
  return raw.charCodeAt(0) === 0x2e ? raw.slice(1) : wrongStyle(found, ".value");
}

/** Items of a label that is not exploded, in the form of OpenAPI before 3.0.4 and 3.1.1 (dots) or of RFC 6570 (commas). */
export const splitLabel = (text: string | undefined): string[] | undefined => text?.split(text.includes(",") ? "," : ".");

/**
 * Items that `,` or `%2C` separates: URLSearchParams and the query writers of Python and Go escape the comma, and services
 * decode before they split. A value that holds a comma itself cannot be told from two.
 */
export const splitCommas = (raw: string | undefined): string[] | undefined => raw?.split(raw.includes("%") ? /,|%2c/i : ",");

/** Items that `%20` or `+` separates; a space cannot stand in a URI. */
export const splitSpaces = (raw: string): string[] => raw.replaceAll("%20", "+").split("+");

/** Items that `|` or `%7C` separates; many clients send `|` as it is, though a URI cannot hold it. */
export const splitPipes = (raw: string): string[] => raw.replaceAll(/%7c/gi, "|").split("|");

/** Items of a field value, without the white space around them (RFC 9110 §5.6.1). */
export const fieldItems = (value: string): string[] => value.split(",").map((item) => item.trim());

/** Where one of the texts begins that end a text, behind at least one character; its length where none does. */
export function beginOfEnd(text: string, ends: readonly string[]): number {
  for (const end of ends) if (text.length > end.length && text.endsWith(end)) return text.length - end.length;
  return text.length;
}

/** Where one of the texts ends that begin a text, before at least one character; 0 where none does. */
export function endOfBegin(text: string, begins: readonly string[]): number {
  for (const begin of begins) if (text.length > begin.length && text.startsWith(begin)) return begin.length;
  return 0;
}
