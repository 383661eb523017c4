import { anyButLineEnds, one } from "./character-set.ts";
import { choice, type Expression, empty, has, sequence } from "./expression.ts";
import { type ReadEscape, readClass, readEscape } from "./read-class.ts";

export interface ParsedPattern {
  readonly expression: Expression;
  readonly hasBackReference: boolean;
  /** Its characters are code points, else UTF-16 code units. */
  readonly isUnicode: boolean;
}

/** Groups inside of groups deeper than this are not read. */
const deepest = 250;

/** Whether a pattern is too deep to be read here. */
export function isTooDeep({ source }: RegExp): boolean {
  let depth = 0;
  let most = 0;
  for (const [token] of source.matchAll(/\\[^]|\[(?:\\[^]|[^\]\\])*\]|[()]/g)) {
    depth += token === "(" ? 1 : token === ")" ? -1 : 0;
    most = Math.max(most, depth);
  }
  return most > deepest;
}

/** Reads what the engine has read before, unless it is too deep. */
export function parseExpression({ source, unicode }: RegExp): ParsedPattern {
  const parser = new Parser(source, unicode);
  const expression = parser.choice();
  return { expression, hasBackReference: parser.hasBackReference, isUnicode: unicode };
}

class Parser {
  hasBackReference = false;
  readonly #text: string;
  readonly #isUnicode: boolean;
  /** By number and by name. */
  readonly #groups = new Map<string, Expression>();
  readonly #groupCount: number;
  readonly #hasNames: boolean;
  #count = 0;
  #at = 0;

  constructor(text: string, isUnicode: boolean) {
    this.#text = text;
    this.#isUnicode = isUnicode;
    const groups = [...text.matchAll(/\\[^]|\[(?:\\[^]|[^\]\\])*\]|\((?!\?)|\(\?<(?![=!])/g)].filter(
      ({ 0: token }) => token[0] === "(",
    );
    this.#groupCount = groups.length;
    this.#hasNames = groups.some(({ 0: token }) => token === "(?<");
  }

  choice(): Expression {
    const parts = [this.#sequence()];
    while (this.#take("|")) parts.push(this.#sequence());
    return choice(parts);
  }

  #sequence(): Expression {
    const parts: Expression[] = [];
    while (this.#at < this.#text.length && this.#text[this.#at] !== "|" && this.#text[this.#at] !== ")")
      parts.push(this.#quantified());
    return sequence(parts);
  }

  #quantified(): Expression {
    const part = this.#primary();
    const match = /^(?:([*+?])|\{(\d+)(?:(,)(\d*))?\})\??/.exec(this.#text.slice(this.#at, this.#at + 40));
    if (match === null) return part;
    this.#at += match[0].length;
    const [, sign, from, comma, to] = match;
    const least = sign === undefined ? Number(from) : sign === "+" ? 1 : 0;
    const most =
      sign === undefined
        ? comma === undefined
          ? least
          : to === ""
            ? Number.POSITIVE_INFINITY
            : Number(to)
        : sign === "?"
          ? 1
          : Number.POSITIVE_INFINITY;
    if (most === 0) return empty;
    return least === 1 && most === 1 ? part : { kind: "repeat", part, least, most };
  }

  #primary(): Expression {
    if (this.#take("^")) return { kind: "assertion", asserts: "start" };
    if (this.#take("$")) return { kind: "assertion", asserts: "end" };
    if (this.#take("\\b")) return { kind: "assertion", asserts: "wordBoundary" };
    if (this.#take("\\B")) return { kind: "assertion", asserts: "noWordBoundary" };
    if (this.#take(".")) return { kind: "set", set: anyButLineEnds };
    if (this.#text[this.#at] === "(") return this.#group();
    if (this.#text[this.#at] === "\\") return this.#reference() ?? this.#read(readEscape(this.#rest(), this.#isUnicode, false));
    if (this.#text[this.#at] === "[") return this.#read(readClass(this.#rest(), this.#isUnicode));
    const code = this.#isUnicode ? this.#text.codePointAt(this.#at)! : this.#text.charCodeAt(this.#at);
    this.#at += String.fromCodePoint(code).length;
    return { kind: "set", set: one(code) };
  }

  #group(): Expression {
    const [head] = /^\((?:\?(?:[:=!]|<[=!]|<[^>]*>))?/.exec(this.#rest())!;
    this.#at += head.length;
    const name = /^\(\?<([^>=!]+)>$/.exec(head)?.[1];
    const number = head === "(" || name !== undefined ? String(++this.#count) : undefined;
    const part = this.choice();
    this.#take(")");
    if (number !== undefined) this.#groups.set(number, part);
    if (name !== undefined) this.#groups.set(name, part);
    if (!/[=!]$/.test(head)) return part;
    return { kind: "look", isBehind: head.includes("<"), isNegative: head.endsWith("!"), part };
  }

  #reference(): Expression | undefined {
    const match = /^\\(?:([1-9]\d*)|k<([^>]*)>)/.exec(this.#rest());
    if (match === null) return undefined;
    const [whole, number, name] = match;
    // Annex B §B.1.2: what refers to no group is an octal escape, or the letter `k`.
    if (number === undefined ? !this.#hasNames : !this.#isUnicode && Number(number) > this.#groupCount) return undefined;
    this.#at += whole.length;
    this.hasBackReference = true;
    // A group that is still open, or comes later, has no match yet: a repetition forgets what its parts have matched.
    return { kind: "reference", part: this.#groups.get(number ?? name!) ?? empty };
  }

  #read({ set, length }: ReadEscape): Expression {
    this.#at += length;
    return { kind: "set", set };
  }

  #rest = (): string => this.#text.slice(this.#at);

  #take(text: string): boolean {
    if (!this.#text.startsWith(text, this.#at)) return false;
    this.#at += text.length;
    return true;
  }
}

/** Inside of a look-behind, which is matched from its end, references mean what comes later. */
export const refersBackwards = (expression: Expression): boolean =>
  has(expression, ({ kind }) => kind === "reference") && has(expression, (part) => part.kind === "look" && part.isBehind);
