import { SyntaxProblem } from "./ast.ts";
import type { Token } from "./lexer.ts";

const simple: Readonly<Record<string, number>> = {
  a: 7,
  b: 8,
  f: 12,
  n: 10,
  r: 13,
  t: 9,
  v: 11,
  "\\": 92,
  "?": 63,
  '"': 34,
  "'": 39,
  "`": 96,
};
const digits: Readonly<Record<string, { readonly length: number; readonly text: string }>> = {
  x: { length: 2, text: "two hexadecimal digits" },
  X: { length: 2, text: "two hexadecimal digits" },
  u: { length: 4, text: "four hexadecimal digits" },
  U: { length: 8, text: "eight hexadecimal digits" },
};

/** Reads a string or bytes literal that starts at `start` with the letters `prefix` and the quote `quote`. */
export function readQuoted(text: string, start: number, prefix: string, quote: string): Token {
  const raw = /r/i.test(prefix);
  const bytes = /b/i.test(prefix);
  const multiline = quote.length === 3;
  let value = "";
  const octets: number[] = [];
  let at = start + prefix.length + quote.length;
  const code = (point: number): void => {
    if (!bytes) value += String.fromCodePoint(point);
    else octets.push(point);
  };
  while (!text.startsWith(quote, at)) {
    const character = text[at];
    if (character === undefined || (!multiline && (character === "\n" || character === "\r"))) {
      throw new SyntaxProblem("The text does not end", { start, end: Math.min(at, text.length) }, `Close it with ${quote}.`);
    }
    if (character === "\\" && !raw) at = escape(at);
    else if (character === "\r" && multiline) {
      // Line breaks of a multi-line literal are read as `\n`.
      code(10);
      at += text[at + 1] === "\n" ? 2 : 1;
    } else if (character === "\\") {
      plain("\\");
      at++;
      // A raw literal keeps the backslash, which still guards a quote behind it.
    } else {
      const point = String.fromCodePoint(text.codePointAt(at)!);
      plain(point);
      at += point.length;
    }
  }
  const span = { start, end: at + quote.length };
  return bytes ? { kind: "literal", type: "bytes", value: octets, ...span } : { kind: "literal", type: "string", value, ...span };

  function plain(character: string): void {
    if (bytes) octets.push(...new TextEncoder().encode(character));
    else value += character;
  }

  /** Returns the offset behind the escape at `from`. */
  function escape(from: number): number {
    const letter = text[from + 1] ?? "";
    const known = simple[letter];
    if (known !== undefined) {
      code(known);
      return from + 2;
    }
    const octal = /^[0-3][0-7]{2}/.exec(text.slice(from + 1, from + 4));
    if (octal !== null) {
      code(Number.parseInt(octal[0], 8));
      return from + 4;
    }
    const rule = digits[letter];
    const end = from + 2 + (rule?.length ?? 0);
    const span = { start: from, end: Math.min(end, text.length) };
    if (rule === undefined)
      throw new SyntaxProblem(
        `\`\\${letter}\` is no escape`,
        span,
        "Write `\\\\` for a backslash, or put `r` in front of the quote.",
      );
    if (bytes && rule.length > 2)
      throw new SyntaxProblem("Bytes have no Unicode escapes", span, "Write each byte as `\\x` and two digits.");
    const given = text.slice(from + 2, end);
    if (!/^[0-9A-Fa-f]+$/.test(given) || given.length < rule.length)
      throw new SyntaxProblem(`\`\\${letter}\` needs ${rule.text}`, span, "Fill up with zeros in front.");
    const point = Number.parseInt(given, 16);
    if (point > 0x10ffff || (point >= 0xd800 && point <= 0xdfff))
      throw new SyntaxProblem(
        `\`${text.slice(from, end)}\` is no character`,
        span,
        "Code points go up to `\\U0010FFFF`, without surrogates.",
      );
    code(point);
    return end;
  }
}
