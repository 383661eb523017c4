/** A regular expression, as far as the ways to match it go. Assertions, lazy quantifiers and captures change none of them. */
export type Expression =
  | { readonly kind: "empty" }
  /** One character; `source` is the atom as written: `a`, `\d`, `[^x]`, `.`. */
  | { readonly kind: "atom"; readonly source: string }
  | { readonly kind: "sequence"; readonly parts: readonly Expression[] }
  | { readonly kind: "choice"; readonly parts: readonly Expression[] }
  | {
      readonly kind: "repeat";
      readonly part: Expression;
      readonly least: number;
      readonly most: number;
    };

export interface ParsedPattern {
  readonly expression: Expression;
  /** A back reference is read as the group again: that has all the ways to match there are, and more. */
  readonly hasBackReference: boolean;
}

/** Reads a pattern that is known to be valid. */
export function parseExpression(pattern: string): ParsedPattern {
  const parser = new Parser(pattern);
  const expression = parser.choice();
  return { expression, hasBackReference: parser.hasBackReference };
}

class Parser {
  hasBackReference = false;
  readonly #text: string;
  /** By number and by name. */
  readonly #groups = new Map<string, Expression>();
  #count = 0;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  choice(): Expression {
    const parts = [this.#sequence()];
    while (this.#take("|")) parts.push(this.#sequence());
    return parts.length === 1 ? parts[0]! : { kind: "choice", parts };
  }

  #sequence(): Expression {
    const parts: Expression[] = [];
    while (this.#at < this.#text.length && this.#text[this.#at] !== "|" && this.#text[this.#at] !== ")")
      parts.push(this.#quantified());
    return parts.length === 1 ? parts[0]! : { kind: "sequence", parts };
  }

  #quantified(): Expression {
    const part = this.#primary();
    const match = /^(?:([*+?])|\{(\d+)(?:(,)(\d*))?\})\??/.exec(this.#text.slice(this.#at));
    if (match === null) return part;
    this.#at += match[0].length;
    const [, sign, least, comma, most] = match;
    if (sign !== undefined)
      return {
        kind: "repeat",
        part,
        least: sign === "+" ? 1 : 0,
        most: sign === "?" ? 1 : Number.POSITIVE_INFINITY,
      };
    const from = Number(least);
    return {
      kind: "repeat",
      part,
      least: from,
      most: comma === undefined ? from : most === "" || most === undefined ? Number.POSITIVE_INFINITY : Number(most),
    };
  }

  #primary(): Expression {
    const rest = this.#text.slice(this.#at);
    const assertion = /^(?:\^|\$|\\[bB])/.exec(rest);
    if (assertion !== null) {
      this.#at += assertion[0].length;
      return { kind: "empty" };
    }
    const group = /^\((?:\?(?:[:=!]|<[=!]|<[^>]*>))?/.exec(rest);
    if (group !== null) {
      this.#at += group[0].length;
      const name = /^\(\?<([^>=!]+)>$/.exec(group[0])?.[1];
      const number = group[0] === "(" || name !== undefined ? String(++this.#count) : undefined;
      const inner = this.choice();
      this.#take(")");
      if (number !== undefined) this.#groups.set(number, inner);
      if (name !== undefined) this.#groups.set(name, inner);
      // What a look-around matches is matched again by what follows.
      return /[=!]$/.test(group[0]) ? { kind: "empty" } : inner;
    }
    return this.#atom(rest);
  }

  #atom(rest: string): Expression {
    const atom =
      /^\[(?:\\[^]|[^\]\\])*\]|^\\[pP]\{[^}]*\}|^\\u\{[0-9A-Fa-f]+\}|^\\u[0-9A-Fa-f]{4}|^\\x[0-9A-Fa-f]{2}|^\\c[A-Za-z]|^\\k<[^>]*>|^\\[1-9]\d*|^\\[^]|^[^]/u.exec(
        rest,
      )![0];
    this.#at += atom.length;
    const reference = /^\\(?:([1-9]\d*)|k<(.*)>)$/.exec(atom);
    if (reference === null) return { kind: "atom", source: atom };
    this.hasBackReference = true;
    // A group that has not matched yet is empty.
    return this.#groups.get(reference[1] ?? reference[2]!) ?? { kind: "empty" };
  }

  #take(character: string): boolean {
    if (this.#text[this.#at] !== character) return false;
    this.#at++;
    return true;
  }
}
