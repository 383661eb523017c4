const tabWidth = 4;

/** One line of a source as a terminal shows it: tabs expanded, nothing in it that could steer the terminal. */
export interface ShownLine {
  readonly text: string;
  /** Terminal column, counted from 0, of each UTF-16 code unit of the source line, and of its end. */
  readonly columns: readonly number[];
}

export function showLine(line: string): ShownLine {
  let text = "";
  let column = 0;
  const columns: number[] = [];
  for (const character of line) {
    for (let unit = 0; unit < character.length; unit++) columns.push(column);
    const shown = character === "\t" ? " ".repeat(tabWidth - (column % tabWidth)) : visible(character);
    text += shown;
    column += character === "\t" ? shown.length : displayWidth(shown);
  }
  columns.push(column);
  return { text, columns };
}

/** Text from users with control characters made visible: an escape sequence in a spec must not reach the terminal. */
export const printable = (text: string): string =>
  Array.from(text, (character) => (character === "\n" ? character : visible(character))).join("");

function visible(character: string): string {
  const code = character.codePointAt(0)!;
  if (code < 0x20) return String.fromCodePoint(0x2400 + code);
  if (code === 0x7f) return "\u2421";
  if (code === 0xfeff) return "";
  // C1 controls, and what turns the direction of writing around (Unicode Bidirectional Algorithm, UAX #9 §2).
  const steers =
    (code >= 0x80 && code <= 0x9f) ||
    (code >= 0x200e && code <= 0x200f) ||
    (code >= 0x202a && code <= 0x202e) ||
    (code >= 0x2066 && code <= 0x2069);
  return steers ? "\ufffd" : character;
}

/** Columns that text takes on a terminal: two for wide East Asian characters and emoji, none for combining marks. */
export function displayWidth(text: string): number {
  let width = 0;
  for (const character of text) width += widthOf(character.codePointAt(0)!, character);
  return width;
}

function widthOf(code: number, character: string): number {
  if (code < 0x300) return 1;
  if ((code >= 0x200b && code <= 0x200d) || code === 0xfe0f || /^[\p{Mn}\p{Me}]$/u.test(character)) return 0;
  const isWide =
    (code >= 0x1100 && code <= 0x115f) ||
    (code >= 0x2e80 && code <= 0xa4cf) ||
    (code >= 0xac00 && code <= 0xd7a3) ||
    (code >= 0xf900 && code <= 0xfaff) ||
    (code >= 0xfe30 && code <= 0xfe6f) ||
    (code >= 0xff00 && code <= 0xff60) ||
    (code >= 0xffe0 && code <= 0xffe6) ||
    (code >= 0x1f300 && code <= 0x1faff) ||
    (code >= 0x20000 && code <= 0x3fffd);
  return isWide ? 2 : 1;
}

/** The part of `text` between two terminal columns. A wide character that would be cut in two is left out. */
export function slice(text: string, from: number, to: number): string {
  let column = 0;
  let part = "";
  for (const character of text) {
    const width = displayWidth(character);
    if (column >= from && column + width <= to) part += character;
    column += width;
  }
  return part;
}
