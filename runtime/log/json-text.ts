/**
 * What JSON lets stand and readers of lines and terminals act on: DEL and the C1 controls (U+0085 ends a line for some,
 * U+009B begins an escape sequence), the separators U+2028 and U+2029, and what turns the direction of text around.
 */
const unsafe = /[\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]/g;

/**
 * `JSON.stringify` of a string, quicker for the short plain ones that logs are full of, and with everything escaped that is
 * not one plain line: control characters of C0 and C1, line separators, lone surrogates, changes of direction.
 */
export const jsonText = (text: string): string => `"${jsonInner(text)}"`;

/** The same without the quotation marks, for a text that has others in front of it and behind it anyway. */
export function jsonInner(text: string): string {
  // Past some tens of characters the native scan wins over this loop.
  if (text.length > 64) return escaped(JSON.stringify(text)).slice(1, -1);
  for (let index = 0; index < text.length; index++) {
    const code = text.charCodeAt(index);
    if (code < 0x20 || code === 0x22 || code === 0x5c || code >= 0x7f) return escaped(JSON.stringify(text)).slice(1, -1);
  }
  return text;
}

/** JSON with the rest of it escaped: such characters stand in strings only. */
export const escaped = (json: string): string =>
  json.search(unsafe) < 0
    ? json
    : json.replace(unsafe, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`);
