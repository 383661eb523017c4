import type { Origin } from "../ir/origin.ts";
import type { Span } from "./ast.ts";

/**
 * Finds places inside of an expression in the file that holds it as a YAML or JSON string.
 *
 * `origin` is the place of the string, quotes or block indicator included; `text` is what the string means. Where the
 * two cannot be laid side by side (an alias, a value put together elsewhere), every place is the whole string.
 */
export function locateExpression(origin: Origin, file: string | undefined, text: string): (span: Span) => Origin {
  const offsets = file === undefined ? undefined : alignString(file, origin, text);
  if (file === undefined || offsets === undefined) return () => origin;
  return ({ start, end }) => {
    const from = offsets[Math.min(start, text.length)]!;
    // The end is that of the last character, which an escape or a fold may have pushed away from the next one.
    const to = end > start ? Math.max(from + 1, lastOffset(file, offsets, end, origin)) : Math.min(from + 1, origin.end);
    const before = file.slice(origin.start, from);
    const lines = before.split("\n").length - 1;
    const column = lines === 0 ? origin.column + (from - origin.start) : from - file.lastIndexOf("\n", from - 1);
    return { file: origin.file, start: from, end: to, line: origin.line + lines, column };
  };
}

/** Behind the character at `end - 1`. */
function lastOffset(file: string, offsets: readonly number[], end: number, origin: Origin): number {
  const at = offsets[end - 1]!;
  const next = offsets[end]!;
  return /\s/.test(file.slice(at, next).slice(1)) ? at + 1 : Math.min(next, origin.end);
}

/** Offset in the file of each character of `text`, and of its end; undefined where they do not match. */
function alignString(file: string, { start, end }: Origin, text: string): readonly number[] | undefined {
  const style = file[start];
  const quoted = style === '"' || style === "'";
  const block = style === "|" || style === ">";
  let at = quoted ? start + 1 : block ? file.indexOf("\n", start) + 1 : start;
  const last = quoted ? end - 1 : end;
  const offsets: number[] = [];
  let index = 0;
  while (index < text.length) {
    const character = text[index]!;
    if (isSpace(character)) {
      offsets.push(at);
      if (at < last && isSpace(file[at]!)) at++;
      else if (style === '"' && file[at] === "\\") at += escapeLength(file, at);
      index++;
      continue;
    }
    // Folding turns line breaks and indentation into a space or nothing, so any run of them may lie in between.
    while (at < last && (isSpace(file[at]!) || isContinuation(file, at, style))) at++;
    if (at >= last) return undefined;
    if (style === '"' && file[at] === "\\") {
      const length = escapeLength(file, at);
      const decoded = decode(file.slice(at, at + length));
      if (decoded === undefined || !text.startsWith(decoded, index)) return undefined;
      for (let unit = 0; unit < decoded.length; unit++) offsets.push(at);
      at += length;
      index += decoded.length;
      continue;
    }
    if (file[at] !== character) return undefined;
    offsets.push(at);
    at += style === "'" && character === "'" ? 2 : 1;
    index++;
  }
  offsets.push(at);
  return offsets;
}

const isSpace = (character: string): boolean =>
  character === " " || character === "\n" || character === "\t" || character === "\r";

/** A backslash at the end of a line joins it to the next one (YAML 1.2 §7.3.1). */
const isContinuation = (file: string, at: number, style: string | undefined): boolean =>
  style === '"' && file[at] === "\\" && (file[at + 1] === "\n" || file[at + 1] === "\r");

function escapeLength(file: string, at: number): number {
  const digits = { x: 2, u: 4, U: 8 }[file[at + 1] ?? ""] ?? 0;
  return 2 + digits;
}

const escapes: Readonly<Record<string, string>> = {
  "0": "\0",
  a: "\x07",
  b: "\b",
  t: "\t",
  "\t": "\t",
  n: "\n",
  v: "\v",
  f: "\f",
  r: "\r",
  e: "\x1b",
  " ": " ",
  '"': '"',
  "/": "/",
  "\\": "\\",
  N: "\x85",
  _: "\xa0",
  L: "\u2028",
  P: "\u2029",
};

function decode(escape: string): string | undefined {
  const letter = escape[1]!;
  if (letter !== "x" && letter !== "u" && letter !== "U") return escapes[letter];
  const code = Number.parseInt(escape.slice(2), 16);
  return Number.isNaN(code) || code > 0x10ffff ? undefined : String.fromCodePoint(code);
}
