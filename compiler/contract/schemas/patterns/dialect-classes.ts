import { foreign, identityEscape, nonAsciiLetter, otherCase, property } from "./dialect-escapes.ts";

/** POSIX classes, of ASCII. */
const posix: Readonly<Record<string, string>> = {
  alpha: "A-Za-z",
  digit: "0-9",
  alnum: "0-9A-Za-z",
  upper: "A-Z",
  lower: "a-z",
  xdigit: "0-9A-Fa-f",
  word: "\\w",
  blank: " \\t",
  space: " \\t\\n\\v\\f\\r",
  cntrl: "\\0-\\x1f\\x7f",
  graph: "!-~",
  print: " -~",
  punct: "!-\\/:-@\\[-`\\{-~",
  ascii: "\\0-\\x7f",
};

/** Reads a class in brackets and writes it so that it means the same with Unicode. */
export class ClassReader {
  text = "[";
  /** Offset behind the class. */
  end: number;
  readonly #pattern: string;
  readonly #ignoresCase: boolean;

  constructor(pattern: string, start: number, ignoresCase: boolean) {
    this.#pattern = pattern;
    this.#ignoresCase = ignoresCase;
    this.end = start + 1;
  }

  /** What cannot be translated; undefined: the class was read. */
  read(): string | undefined {
    if (this.#pattern[this.end] === "^") this.#take("^", 1);
    // ECMAScript has empty classes; elsewhere a bracket in this place stands for itself.
    if (this.#pattern[this.end] === "]") return "[]…]";
    while (this.end < this.#pattern.length) {
      const rest = this.#pattern.slice(this.end);
      if (rest[0] === "]") {
        this.#take("]", 1);
        return undefined;
      }
      const odd = this.#member(rest);
      if (odd !== undefined) return odd;
    }
    // Without its end it is no pattern in any dialect.
    return undefined;
  }

  #take(text: string, length: number): undefined {
    this.text += text;
    this.end += length;
    return undefined;
  }

  #member(rest: string): string | undefined {
    if (rest.startsWith("&&")) return "&&";
    if (/^-\[[^\]]*\]\]/.test(rest)) return "-[…]";
    const named = /^\[:(\^?)([a-z]+):\]/.exec(rest);
    if (named !== null) {
      const name = this.#ignoresCase && /^(?:lower|upper)$/.test(named[2]!) ? "alpha" : named[2]!;
      const members = Object.hasOwn(posix, name) ? posix[name] : undefined;
      if (members === undefined || named[1] === "^") return named[0];
      return this.#take(members, named[0].length);
    }
    const first = this.#atom(rest);
    if ("foreign" in first) return first.foreign;
    const behind = rest.slice(first.length);
    if (behind[0] !== "-" || behind[1] === "]" || behind[1] === undefined || behind.startsWith("-[:"))
      return this.#take(this.#bothCases(first.text), first.length);
    const last = this.#atom(behind.slice(1));
    if ("foreign" in last) return last.foreign;
    // A set is no end of a range: the minus sign stands for itself.
    if (isSet(first.text) || isSet(last.text)) return this.#take(`${first.text}\\-`, first.length + 1);
    return this.#range(first.text, last.text, first.length + 1 + last.length);
  }

  #atom(rest: string): { readonly text: string; readonly length: number } | { readonly foreign: string } {
    if (rest[0] !== "\\") {
      const character = String.fromCodePoint(rest.codePointAt(0)!);
      if (this.#ignoresCase && nonAsciiLetter.test(character)) return { foreign: `${character} without regard to case` };
      return { text: character === "[" ? "\\[" : character, length: character.length };
    }
    const named = property(rest);
    if (named !== undefined) return named.foreign === undefined ? named : { foreign: named.foreign };
    const strange = foreign(rest);
    return strange === undefined ? identityEscape(rest, true) : { foreign: strange };
  }

  #bothCases(text: string): string {
    const other = this.#ignoresCase ? otherCase(text) : undefined;
    return other === undefined ? (text === "-" ? "\\-" : text) : `${text}${other}`;
  }

  #range(first: string, last: string, length: number): string | undefined {
    const [from, to] = [otherCase(first), otherCase(last)];
    if (!this.#ignoresCase || (from === undefined && to === undefined)) return this.#take(`${first}-${last}`, length);
    if (from === undefined || to === undefined || first < "a" !== last < "a") return `${first}-${last} without regard to case`;
    return this.#take(`${first}-${last}${from}-${to}`, length);
  }
}

const isSet = (text: string): boolean => /^\\[dDsSwWpP]/.test(text);
