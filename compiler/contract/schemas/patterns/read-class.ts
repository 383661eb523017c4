import { type CharacterSet, complement, escapedClasses, one, unicodeProperty, union } from "./character-set.ts";

/** One escape: a set of characters, and how long it was written. */
export interface ReadEscape {
  readonly set: CharacterSet;
  /** The character, where it stands for one. */
  readonly code?: number;
  readonly length: number;
}

const single = (code: number, length: number): ReadEscape => ({ set: one(code), code, length });

const controls: Readonly<Record<string, number>> = { t: 0x09, n: 0x0a, v: 0x0b, f: 0x0c, r: 0x0d };

/**
 * Reads the escape at the beginning of a text, of a pattern that is known to be valid: ECMA-262 §22.2.1, without the
 * flag `u` Annex B §B.1.2 as well. Back references and assertions are not among them.
 */
export function readEscape(text: string, isUnicode: boolean, isInClass: boolean): ReadEscape {
  const letter = text[1]!;
  if (Object.hasOwn(escapedClasses, letter)) return { set: escapedClasses[letter]!, length: 2 };
  if (Object.hasOwn(controls, letter)) return single(controls[letter]!, 2);
  if (letter === "b" && isInClass) return single(0x08, 2);
  if (isUnicode && (letter === "p" || letter === "P")) {
    const property = text.slice(0, text.indexOf("}") + 1);
    return { set: unicodeProperty(property), length: property.length };
  }
  const hexadecimal =
    (isUnicode ? /^\\u([dD][89abAB][0-9a-fA-F]{2})\\u([dD][c-fC-F][0-9a-fA-F]{2})/.exec(text) : null) ??
    /^\\(?:x([0-9a-fA-F]{2})|u([0-9a-fA-F]{4}))/.exec(text) ??
    (isUnicode ? /^\\u\{([0-9a-fA-F]+)\}/.exec(text) : null);
  if (hexadecimal !== null) {
    const [whole, ...digits] = hexadecimal;
    const [first = 0, second] = digits.filter((each) => each !== undefined).map((each) => Number.parseInt(each, 16));
    return single(second === undefined ? first : (first - 0xd800) * 0x400 + (second - 0xdc00) + 0x1_0000, whole.length);
  }
  if (letter === "c") {
    const control = (isInClass && !isUnicode ? /^[A-Za-z0-9_]/ : /^[A-Za-z]/).exec(text.slice(2));
    // Otherwise the backslash stands for itself, and `c` for what it is.
    return control === null ? single(0x5c, 1) : single(control[0].charCodeAt(0) % 32, 3);
  }
  const octal = /^\\([0-3][0-7]{0,2}|[4-7][0-7]?)/.exec(text);
  if (octal !== null) return single(Number.parseInt(octal[1]!, 8), octal[0].length);
  const code = isUnicode ? text.codePointAt(1)! : text.charCodeAt(1);
  return single(code, 1 + String.fromCodePoint(code).length);
}

/** Reads the class at the beginning of a text, from `[` to `]`. */
export function readClass(text: string, isUnicode: boolean): ReadEscape {
  let at = 1;
  const isNegated = text[at] === "^";
  if (isNegated) at++;
  const sets: CharacterSet[] = [];
  const item = (): ReadEscape => {
    const rest = text.slice(at, at + 64);
    const code = isUnicode ? text.codePointAt(at)! : text.charCodeAt(at);
    const read = rest[0] === "\\" ? readEscape(rest, isUnicode, true) : single(code, String.fromCodePoint(code).length);
    at += read.length;
    return read;
  };
  while (text[at] !== "]") {
    const from = item();
    if (text[at] !== "-" || text[at + 1] === "]") {
      sets.push(from.set);
      continue;
    }
    at++;
    const to = item();
    // Without the flag `u`, a range from or to a class is the class, the hyphen and the other end (§B.1.2.8.1).
    if (from.code === undefined || to.code === undefined) sets.push(from.set, one(0x2d), to.set);
    else sets.push([[from.code, to.code]]);
  }
  const set = union(...sets);
  return { set: isNegated ? complement(set) : set, length: at + 1 };
}
