import { isToken } from "../http1/field-text.ts";

/** One element of `Forwarded` (RFC 7239 §4): parameters by lower-case name, values without quotes. */
export type ForwardedElement = ReadonlyMap<string, string>;

/**
 * The elements of one line of `Forwarded`. Undefined where it breaks the grammar: a quote that a client left open would
 * swallow what a proxy wrote behind it.
 */
export function forwardedElements(line: string): ForwardedElement[] | undefined {
  const elements: ForwardedElement[] = [];
  let element = new Map<string, string>();
  let at = 0;
  for (;;) {
    at = behindSpace(line, at);
    const end = endOfWord(line, at);
    const name = line.slice(at, end).toLowerCase();
    const hasPair = line[end] === "=";
    if (hasPair) {
      const value = valueAt(line, end + 1);
      if (value === undefined || !isToken(name) || element.has(name)) return undefined;
      element.set(name, value.text);
      at = behindSpace(line, value.end);
    } else if (name !== "") return undefined;
    const separator = line[at++];
    if (separator === ";" && hasPair) continue;
    if (separator !== "," && separator !== undefined) return undefined;
    // RFC 9110 §5.6.1.2: empty elements of a list do not count.
    if (element.size > 0) elements.push(element);
    if (separator === undefined) return elements;
    element = new Map();
  }
}

/** A token, or the inside of a quoted string (RFC 9110 §5.6.4). */
function valueAt(line: string, start: number): { readonly text: string; readonly end: number } | undefined {
  if (line[start] !== '"') {
    const end = endOfWord(line, start);
    return line[end] === "=" ? undefined : { text: line.slice(start, end), end };
  }
  let text = "";
  for (let at = start + 1; at < line.length; at++) {
    if (line[at] === '"') return { text, end: at + 1 };
    if (line[at] === "\\") at++;
    text += line[at] ?? "";
  }
  return undefined;
}

function endOfWord(line: string, start: number): number {
  let at = start;
  while (at < line.length && !'=,;" \t'.includes(line[at]!)) at++;
  return at;
}

function behindSpace(line: string, start: number): number {
  let at = start;
  while (line[at] === " " || line[at] === "\t") at++;
  return at;
}
