import { type LiteralValue, type Span, SyntaxProblem } from "./ast.ts";
import { readQuoted } from "./quoted.ts";

export type Token =
  | ({ readonly kind: "literal" } & LiteralValue & Span)
  /** `quoted`: written in backticks, only possible behind a dot. */
  | ({ readonly kind: "name"; readonly text: string; readonly quoted: boolean } & Span)
  | ({ readonly kind: "sign"; readonly text: string } & Span)
  | ({ readonly kind: "end" } & Span);

const signs = [
  "&&",
  "||",
  "==",
  "!=",
  "<=",
  ">=",
  "?",
  ":",
  ",",
  ".",
  "(",
  ")",
  "[",
  "]",
  "{",
  "}",
  "+",
  "-",
  "*",
  "/",
  "%",
  "<",
  ">",
  "!",
];
const space = /[\t\n\f\r ]+|\/\/[^\n]*/y;
const word = /[A-Za-z_][A-Za-z0-9_]*/y;
const hexadecimal = /0x([0-9A-Fa-f]+)([uU]?)/y;
const decimal = /(?:\d+\.\d+(?:[eE][+-]?\d+)?|\d+[eE][+-]?\d+|\.\d+(?:[eE][+-]?\d+)?)/y;
const whole = /(\d+)([uU]?)/y;
const quoteStart = /([rR]|[bB]|[rR][bB]|[bB][rR])?("""|'''|"|')/y;
const backticks = /`([A-Za-z0-9_.\-/ ]+)`/y;
/** Words of other languages for what CEL writes with signs. */
const instead: Readonly<Record<string, string>> = { "=": "==", "&": "&&", "|": "||" };

/** Splits an expression into tokens (CEL language definition, “Syntax”). */
export function tokenize(text: string): readonly Token[] {
  const tokens: Token[] = [];
  let at = 0;
  const match = (pattern: RegExp): RegExpExecArray | null => {
    pattern.lastIndex = at;
    return pattern.exec(text);
  };
  for (;;) {
    for (let skipped = match(space); skipped !== null; skipped = match(space)) at += skipped[0].length;
    if (at >= text.length) break;
    const token = next();
    tokens.push(token);
    at = token.end;
  }
  tokens.push({ kind: "end", start: text.length, end: text.length });
  return tokens;

  function next(): Token {
    const start = at;
    const quote = match(quoteStart);
    if (quote !== null) return readQuoted(text, start, quote[1] ?? "", quote[2]!);
    const name = match(word);
    if (name !== null) return named(name[0], start);
    const ticked = match(backticks);
    if (ticked !== null) return { kind: "name", text: ticked[1]!, quoted: true, start, end: start + ticked[0].length };
    return number(start) ?? sign(start);
  }

  function named(name: string, start: number): Token {
    const span = { start, end: start + name.length };
    if (name === "true" || name === "false") return { kind: "literal", type: "bool", value: name === "true", ...span };
    if (name === "null") return { kind: "literal", type: "null", value: null, ...span };
    if (name === "in") return { kind: "sign", text: "in", ...span };
    return { kind: "name", text: name, quoted: false, ...span };
  }

  function number(start: number): Token | undefined {
    const hex = match(hexadecimal);
    const real = hex === null ? match(decimal) : null;
    const integer = hex === null && real === null ? match(whole) : null;
    const found = hex ?? real ?? integer;
    if (found === null) return undefined;
    const span = { start, end: start + found[0].length };
    if (/[A-Za-z0-9_]/.test(text[span.end] ?? "")) {
      const end = span.end + /^[A-Za-z0-9_.]*/.exec(text.slice(span.end))![0].length;
      throw new SyntaxProblem(
        `\`${text.slice(start, end)}\` is no number`,
        { start, end },
        "Put text in quotes; a name begins with a letter.",
      );
    }
    if (real !== null) return { kind: "literal", type: "double", value: found[0], ...span };
    const value = BigInt(hex === null ? found[1]! : `0x${found[1]!}`).toString();
    return { kind: "literal", type: found[2] === "" ? "int" : "uint", value, ...span };
  }

  function sign(start: number): Token {
    const found = signs.find((candidate) => text.startsWith(candidate, start));
    if (found !== undefined) return { kind: "sign", text: found, start, end: start + found.length };
    const character = String.fromCodePoint(text.codePointAt(start)!);
    const end = start + character.length;
    const better = instead[character];
    const help =
      character === "$"
        ? "Names are written as they are, without `${…}`: `identity.subject`."
        : better === undefined
          ? "Text goes between quotes."
          : `Write \`${better}\`.`;
    throw new SyntaxProblem(`\`${character}\` means nothing here`, { start, end }, help);
  }
}
