import { unreadable } from "../expressions/read.ts";

/**
 * The value of a query parameter, decoded as `application/x-www-form-urlencoded`; undefined where it is missing. One that
 * comes more than once is there and has no value: a service may read another of them than the one that is judged here.
 */
export function queryValue(query: string, name: string): unknown {
  let found: string | undefined;
  let start = 0;
  let nextEquals = -1;
  while (start < query.length) {
    let end = query.indexOf("&", start);
    if (end < 0) end = query.length;
    // Looked for once, and not from each pair to the end of a query that has none.
    if (nextEquals < start) nextEquals = query.indexOf("=", start);
    if (nextEquals < 0) nextEquals = query.length;
    const equals = Math.min(nextEquals, end);
    if (end > start && isNamed(query, start, equals, name)) {
      if (found !== undefined) return unreadable;
      found = equals === end ? "" : decode(query.slice(equals + 1, end));
    }
    start = end + 1;
  }
  return found;
}

function isNamed(query: string, start: number, end: number, name: string): boolean {
  if (end - start === name.length && !isEncoded(name) && query.startsWith(name, start)) return true;
  const sent = query.slice(start, end);
  return isEncoded(sent) && decode(sent) === name;
}

const isEncoded = (text: string): boolean => text.includes("%") || text.includes("+");

/** A name or a value. Never throws: malformed escapes stay as they are, as the URL standard has it. */
export function decode(text: string): string {
  if (!isEncoded(text)) return text;
  try {
    return decodeURIComponent(text.replaceAll("+", " "));
  } catch {
    return new URLSearchParams(`v=${text}`).get("v") ?? "";
  }
}
