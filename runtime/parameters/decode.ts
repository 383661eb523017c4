/** What stands for something else in the text of a parameter. */
export type Decoding =
  /** Nothing: header fields. */
  | 0
  /** Percent-encoded UTF-8. */
  | 1
  /** Percent-encoded UTF-8, and `+` for a space. */
  | 2;

/** The text that was encoded; undefined where an escape is malformed or not UTF-8. */
export function decode(text: string, decoding: Decoding): string | undefined {
  if (decoding === 0) return text;
  const plain = decoding === 2 && text.includes("+") ? text.replaceAll("+", " ") : text;
  if (!plain.includes("%")) return plain;
  try {
    return decodeURIComponent(plain);
  } catch {
    return undefined;
  }
}

/** Offset of the `=` or the delimiter (`&` or `;`, as a code) behind the name of a pair, or the length of the text. */
export function nameEnd(text: string, start: number, delimiter: number): number {
  let index = start;
  for (; index < text.length; index++) {
    const code = text.charCodeAt(index);
    if (code === 0x3d || code === delimiter) break;
  }
  return index;
}

/** Offset of the delimiter behind a pair, or the length of the text. */
export function pairEnd(text: string, start: number, delimiter: string): number {
  const end = text.indexOf(delimiter, start);
  return end < 0 ? text.length : end;
}

/** The name of a query pair if it is written with escapes; undefined also where they are malformed. */
export function escapedName(query: string, start: number, end: number): string | undefined {
  for (let index = start; index < end; index++) {
    const code = query.charCodeAt(index);
    if (code === 0x25 || code === 0x2b) return decode(query.slice(start, end), 2);
  }
  return undefined;
}
