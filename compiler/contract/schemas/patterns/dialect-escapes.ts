/** An escape in the terms of ECMAScript with Unicode, and how much of the pattern it takes. */
export interface EscapeText {
  readonly text: string;
  readonly length: number;
  readonly foreign?: undefined;
}

export interface ForeignEscape {
  readonly foreign: string;
}

/** Letters behind a backslash that mean something, or nothing at all, elsewhere. `\h` is white space to Java and PCRE, and a digit to Ruby. */
const strange =
  /^\\(?:[CEFGHIJKLMNOQTUVXYghijlmoqy]|c(?![A-Za-z])|k(?!<)|u(?![0-9A-Fa-f]{4}|\{[0-9A-Fa-f]+\})|x\{(?![0-9A-Fa-f]{1,6}\}))/;

export const foreign = (rest: string): string | undefined => strange.exec(rest)?.[0];

/** `\p{IsAlphabetic}`, `\pL`, `\p{^Lu}`, `\p{L&}`; undefined: no property. */
export function property(rest: string): EscapeText | ForeignEscape | undefined {
  const match = /^\\([pP])(?:\{(\^?)([^}]*)\}|([A-Z]))/.exec(rest);
  if (match === null) return undefined;
  const [whole, letter, negated, braced, single] = match;
  const name = braced ?? single!;
  const sign = (letter === "P") !== (negated === "^") ? "P" : "p";
  const known = [name, aliases[name], categoryOf(name)].find((each) => each !== undefined && isProperty(each));
  if (known !== undefined) return { text: `\\${sign}{${known}}`, length: whole.length };
  if (name === "IsBasicLatin" || name === "InBasicLatin" || name === "InBasic_Latin")
    return { text: sign === "p" ? "[\\0-\\x7f]" : "[^\\0-\\x7f]", length: whole.length };
  return { foreign: whole };
}

/** Of Java, Perl and PCRE. Names that are a script to some and a block to others are left out. */
const aliases: Readonly<Record<string, string>> = {
  "L&": "LC",
  IsLatin: "Script=Latin",
  IsHan: "Script=Han",
  IsPunctuation: "Punctuation",
  IsDigit: "Nd",
};

/** `IsAlphabetic` and `IsLu`: a binary property or a category with `Is` in front of it, which no block is called. */
const categoryOf = (name: string): string | undefined =>
  /^Is[A-Z]/.test(name) && !blocks.has(name.slice(2)) ? name.slice(2) : undefined;

/** Blocks of .NET and XML Schema whose name is a script in Java. */
const blocks: ReadonlySet<string> = new Set(
  "Greek Cyrillic Armenian Hebrew Arabic Syriac Thaana Devanagari Bengali Gurmukhi Gujarati Oriya Tamil Telugu Kannada Malayalam Sinhala Thai Lao Tibetan Myanmar Georgian Ethiopic Cherokee Ogham Runic Khmer Mongolian Hiragana Katakana Bopomofo".split(
    " ",
  ),
);

function isProperty(name: string): boolean {
  try {
    new RegExp(`\\p{${name}}`, "u");
    return true;
  } catch {
    return false;
  }
}

/** Characters that may stand behind a backslash with Unicode. */
const syntax = /^[\^$\\.*+?()[\]{}|/]$/;
const shorthand = /^(?:[dDsSwWbBfnrtv0]|[1-9]\d*|k<[^>]*>|c[A-Za-z]|x[0-9A-Fa-f]{2}|u[0-9A-Fa-f]{4}|u\{[0-9A-Fa-f]+\})/;

/** An escape that stands for itself, for a control character, or for a character by its number. */
export function identityEscape(rest: string, isInClass: boolean): EscapeText {
  const hex = /^\\x\{([0-9A-Fa-f]{1,6})\}/.exec(rest);
  if (hex !== null) return { text: `\\u{${hex[1]}}`, length: hex[0].length };
  const known = shorthand.exec(rest.slice(1));
  if (known !== null) return { text: `\\${known[0]}`, length: known[0].length + 1 };
  const character = String.fromCodePoint(rest.codePointAt(1) ?? 0x5c);
  const length = character.length + 1;
  if (character === "e") return { text: "\\x1b", length };
  if (character === "a") return { text: "\\x07", length };
  if (syntax.test(character) || (isInClass && character === "-")) return { text: `\\${character}`, length };
  return { text: character, length };
}

/** The other case of a letter of ASCII. */
export function otherCase(character: string): string | undefined {
  if (/^[a-z]$/.test(character)) return character.toUpperCase();
  return /^[A-Z]$/.test(character) ? character.toLowerCase() : undefined;
}

export const nonAsciiLetter = /^(?![\0-\x7f])\p{Cased}/u;
