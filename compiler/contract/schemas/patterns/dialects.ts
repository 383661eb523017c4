import { ClassReader } from "./dialect-classes.ts";
import { foreign, identityEscape, nonAsciiLetter, otherCase, property } from "./dialect-escapes.ts";
import { withoutRepeatedNames } from "./repeated-names.ts";

/** A pattern as ECMAScript reads it with the flag `u`, or the part of it that only another dialect knows. */
export type Translated =
  | { readonly pattern: string; readonly foreign?: undefined }
  | { readonly pattern?: undefined; readonly foreign: string };

/**
 * JSON Schema takes the regular expressions of ECMA-262 with Unicode (2020-12 §6.4). Documents that are made from code have
 * those of Java, .NET, Python, PCRE or Ruby. What means one thing in all of them that know it is translated; needless
 * escapes are taken away, so that they do not cost a pattern its Unicode.
 */
export function translatePattern(written: string): Translated {
  const unnamed = withoutRepeatedNames(written);
  const literal = /^\/(.*)\/([dgimsuvxy]*)$/s.exec(unnamed);
  // A slash in front of `^`, or behind `$`, would never match.
  const isLiteral = literal !== null && (/^\^/.test(literal[1]!) || /(?<!\\)\$$/.test(literal[1]!));
  const [body, flags] = isLiteral ? [literal[1]!, literal[2]!] : [unnamed, ""];
  const inline = /^\(\?([a-zA-Z]+)\)/.exec(body);
  const rest = inline === null ? body : body.slice(inline[0].length);
  const all = flags + (inline?.[1] ?? "");
  const odd = /[^dgisuvyU]/.exec(all);
  if (odd !== null) return { foreign: inline?.[1]?.includes(odd[0]) === true ? inline[0] : `the flag ${odd[0]}` };
  const isPlain = !/[is]/.test(all);
  if (isPlain && compiles(rest) && !modifiers.test(rest)) return { pattern: rest };
  const read = new Translator(rest, all.includes("i"), all.includes("s")).read();
  if (read.foreign !== undefined || compiles(read.pattern)) return read;
  return { pattern: rest };
}

/** `(?i:…)`: newer releases of Node know it (ES2025), and a bundle runs on older ones as well. */
const modifiers = /\(\?(?:[a-zA-Z]+|[a-zA-Z]*-[a-zA-Z]+):/;

function compiles(pattern: string): boolean {
  try {
    new RegExp(pattern, "u");
    return true;
  } catch {
    return false;
  }
}

/** Groups of other dialects, by what they begin with; undefined: no certain meaning here. */
const groups: readonly (readonly [head: RegExp, instead: string | undefined])[] = [
  [/^\(\?P<([A-Za-z_]\w*)>/, "(?<$1>"],
  [/^\(\?P=([A-Za-z_]\w*)\)/, "\\k<$1>"],
  [/^\(\?#[^)]*\)/, ""],
  [/^\(\?(?:[>|(+&']|P|[a-zA-Z^-]+[:)])/, undefined],
];

class Translator {
  readonly #text: string;
  readonly #ignoresCase: boolean;
  readonly #dotIsAll: boolean;
  #at = 0;
  #out = "";

  constructor(text: string, ignoresCase: boolean, dotIsAll: boolean) {
    this.#text = text;
    this.#ignoresCase = ignoresCase;
    this.#dotIsAll = dotIsAll;
  }

  read(): Translated {
    while (this.#at < this.#text.length) {
      const odd = this.#next();
      if (odd !== undefined) return { foreign: odd };
    }
    return { pattern: this.#out };
  }

  /** Reads one part; returns what cannot be translated. */
  #next(): string | undefined {
    const rest = this.#text.slice(this.#at);
    const character = rest[0]!;
    if (character === "\\") return this.#escape(rest);
    if (character === "[") return this.#class();
    if (character === "(" && rest[1] === "?") return this.#group(rest);
    const quantifier = /^(?:[*+?]|\{\d+(?:,\d*)?\})([?+]?)/.exec(rest);
    if (quantifier !== null) {
      if (quantifier[1] === "+") return quantifier[0];
      return this.#write(quantifier[0], quantifier[0].length);
    }
    // Without Unicode they stand for themselves.
    if (character === "{" || character === "}" || character === "]") return this.#write(`\\${character}`, 1);
    if (character === "." && this.#dotIsAll) return this.#write("[^]", 1);
    if (this.#ignoresCase) {
      const other = otherCase(character);
      if (other !== undefined) return this.#write(`[${character}${other}]`, 1);
      if (nonAsciiLetter.test(rest)) return `${character} without regard to case`;
    }
    return this.#write(character, 1);
  }

  #write(text: string, length: number): undefined {
    this.#out += text;
    this.#at += length;
    return undefined;
  }

  #group(rest: string): string | undefined {
    for (const [head, instead] of groups) {
      const match = head.exec(rest);
      if (match === null) continue;
      if (instead === undefined) return `${match[0]}…`;
      return this.#write(match[0].replace(head, instead), match[0].length);
    }
    return this.#write("(?", 2);
  }

  #class(): string | undefined {
    const reader = new ClassReader(this.#text, this.#at, this.#ignoresCase);
    const odd = reader.read();
    return odd ?? this.#write(reader.text, reader.end - this.#at);
  }

  #escape(rest: string): string | undefined {
    const quoted = /^\\Q(.*?)(?:\\E|$)/s.exec(rest);
    if (quoted !== null) return this.#write(quoted[1]!.replaceAll(/[\\^$.*+?()[\]{}|/]/g, "\\$&"), quoted[0].length);
    const next = rest[1];
    const anchor = next === "A" ? "^" : next === "z" || next === "Z" ? "$" : next === "R" ? lineBreak : undefined;
    if (anchor !== undefined) return this.#write(anchor, 2);
    const named = property(rest);
    if (named !== undefined) return named.foreign ?? this.#write(named.text, named.length);
    const strange = foreign(rest);
    if (strange !== undefined) return strange;
    const { text, length } = identityEscape(rest, false);
    return this.#write(text, length);
  }
}

/** Java, PCRE and Ruby. */
const lineBreak = "(?:\\r\\n|[\\n-\\r\\u0085\\u2028\\u2029])";
