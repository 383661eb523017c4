import type { MediaRangeIr } from "../../ir/body.ts";

const token = "[!#$%&'*+.^_`|~0-9A-Za-z-]+";

export interface WrittenRange {
  readonly range: MediaRangeIr;
  readonly charset: string | undefined;
}

/** A key of a Content Object; undefined where it is no media type or range (RFC 9110 §8.3.1, §12.5.1). */
export function parseRange(text: string): WrittenRange | undefined {
  const head = new RegExp(`^\\s*(${token})/(${token})\\s*(?=;|$)`).exec(text);
  if (head === null) return undefined;
  const type = head[1]!.toLowerCase();
  const subtype = head[2]!.toLowerCase();
  const isWildcard = (part: string): boolean => part.includes("*");
  if (isWildcard(type) && (type !== "*" || subtype !== "*")) return undefined;
  if (isWildcard(subtype) && !/^\*(\+[^*]+)?$/.test(subtype)) return undefined;
  const parameters: [string, string][] = [];
  let charset: string | undefined;
  const pattern = new RegExp(`;\\s*(?:(${token})=(?:(${token})|"((?:[^"\\\\]|\\\\.)*)"))?\\s*`, "y");
  pattern.lastIndex = head[0].length;
  while (pattern.lastIndex < text.length) {
    const match = pattern.exec(text);
    if (match === null) return undefined;
    if (match[1] === undefined) continue;
    const name = match[1].toLowerCase();
    const value = match[2] ?? match[3]!.replaceAll(/\\(.)/g, "$1");
    if (name === "charset") charset = value;
    // A boundary is another one in every message.
    else if (name !== "boundary") parameters.push([name, value]);
  }
  parameters.sort(([a], [b]) => (a < b ? -1 : 1));
  return { range: { type, subtype, parameters: parameters.flat() }, charset };
}

/** Sorts the most specific first; equal ones by name, so that the order of a file never decides. */
export function bySpecificity(a: MediaRangeIr, b: MediaRangeIr): number {
  return rank(a) - rank(b) || b.parameters.length - a.parameters.length || (rangeText(a) < rangeText(b) ? -1 : 1);
}

const rank = ({ type, subtype }: MediaRangeIr): number =>
  type === "*" ? 3 : subtype === "*" ? 2 : subtype.startsWith("*") ? 1 : 0;

export const isRange = ({ type, subtype }: MediaRangeIr): boolean => type === "*" || subtype.startsWith("*");

/** Equal for ranges that are the same. */
export const rangeText = ({ type, subtype, parameters }: MediaRangeIr): string =>
  `${type}/${subtype}${parameters.map((part, index) => (index % 2 === 0 ? `;${part}` : `=${part}`)).join("")}`;
