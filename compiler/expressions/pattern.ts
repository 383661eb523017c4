import { own } from "../text/own.ts";
import { inAnyCase } from "./any-case.ts";
import { type CharacterSet, classes, complement, overlap, posixSets, union } from "./pattern-sets.ts";

/** Why a pattern is refused. */
export class PatternProblem extends Error {
  readonly help: string;

  constructor(message: string, help: string) {
    super(message);
    this.help = help;
  }
}

/** A piece of a pattern, as far as the time of a match depends on it. */
interface Part {
  readonly text: string;
  /** Characters it can contain. */
  readonly characters: CharacterSet;
  /** Characters it can begin with. */
  readonly first: CharacterSet;
  readonly canBeEmpty: boolean;
  /** Can take texts of different lengths. */
  readonly varies: boolean;
  /** Alternatives that can begin alike, so that which one is meant shows later. */
  readonly ambiguous: boolean;
  readonly isAssertion?: boolean;
  /** Begins with a character that comes up nowhere else in it, so that repetitions of it cannot be divided in two ways. */
  readonly delimited: boolean;
}

interface Flags {
  readonly i: boolean;
  readonly m: boolean;
  readonly s: boolean;
}

const maxRepeat = 1000;

/**
 * Translates the common subset of RE2 and JavaScript to the source of a JavaScript pattern with the `u` flag that means
 * the same. JavaScript backtracks where RE2 does not, so patterns are refused in which two repetitions can share text.
 * One attempt of any other takes time proportional to the length of the text.
 */
export function translatePattern(pattern: string): string {
  let at = 0;
  let depth = 0;
  /** Those of RE2's flags that decide about a match; `U` turns greed round, and greed does not. */
  let flags: Flags = { i: false, m: false, s: false };
  const rest = (): string => pattern.slice(at);
  const result = alternation();
  if (at < pattern.length)
    throw new PatternProblem(`\`${pattern[at]!}\` closes nothing`, "Write `\\)` for the character itself.");
  return result.text;

  function alternation(): Part {
    const branches = [sequence()];
    while (pattern[at] === "|") {
      at++;
      branches.push(sequence());
    }
    return {
      text: branches.map(({ text }) => text).join("|"),
      characters: union(branches.map(({ characters }) => characters)),
      first: union(branches.map(({ first }) => first)),
      canBeEmpty: branches.some(({ canBeEmpty }) => canBeEmpty),
      varies: branches.length > 1 || branches[0]!.varies,
      ambiguous:
        branches.some(({ ambiguous, canBeEmpty }) => ambiguous || (canBeEmpty && branches.length > 1)) ||
        branches.some(({ first }, index) => branches.slice(index + 1).some((other) => overlap(first, other.first))),
      // Alternatives that begin differently, and of which each has a length of its own, cannot be confused either.
      delimited: branches.every(({ delimited, varies }) => delimited || (branches.length > 1 && !varies)),
    };
  }

  function sequence(): Part {
    const parts: Part[] = [];
    while (at < pattern.length && pattern[at] !== "|" && pattern[at] !== ")") parts.push(repeated());
    refuseNeighbours(parts);
    return {
      text: parts.map(({ text }) => text).join(""),
      characters: union(parts.map(({ characters }) => characters)),
      first: union(
        parts.slice(0, parts.findIndex(({ canBeEmpty }) => !canBeEmpty) + 1 || parts.length).map(({ first }) => first),
      ),
      canBeEmpty: parts.every(({ canBeEmpty }) => canBeEmpty),
      varies: parts.some(({ varies }) => varies),
      ambiguous: parts.some(({ ambiguous }) => ambiguous),
      delimited:
        parts.length > 0 &&
        !parts[0]!.varies &&
        !parts[0]!.canBeEmpty &&
        !overlap(parts[0]!.first, union(parts.slice(1).map(({ characters }) => characters))),
    };
  }

  /** Two repetitions in a row may divide a text among them in many ways unless what the second begins with ends the first. */
  function refuseNeighbours(parts: readonly Part[]): void {
    let open: CharacterSet | undefined;
    for (const part of parts) {
      if (part.varies) {
        if (open !== undefined && overlap(open, part.first)) {
          throw new PatternProblem(
            "two repetitions can take the same text",
            "Make them take different characters, or put something between them that neither takes. A pattern is searched anywhere, so `.*` at its start or end can go.",
          );
        }
        open = open === undefined || !part.canBeEmpty ? part.characters : union([open, part.characters]);
      } else if (!part.canBeEmpty && open !== undefined && !overlap(open, part.first)) open = undefined;
    }
  }

  function repeated(): Part {
    const item = atom();
    const found = /^(?:[*+?]|\{(\d+)(?:(,)(\d*))?\})/.exec(rest());
    if (found === null) return item;
    at += found[0].length;
    if (item.text === "" || item.isAssertion === true)
      throw new PatternProblem(`\`${found[0]}\` repeats nothing`, "Put a character or a group in front of it.");
    const lazy = pattern[at] === "?" ? "?" : "";
    at += lazy.length;
    if (/^(?:[*+?]|\{\d)/.test(rest()))
      throw new PatternProblem(`\`${found[0]}${pattern[at]!}\` repeats a repetition`, "Use one of them, or a group.");
    const [low, high] = bounds(found);
    if (low > maxRepeat || (high !== Number.POSITIVE_INFINITY && high > maxRepeat))
      throw new PatternProblem(`it repeats more than ${maxRepeat} times`, "Compare the length with `size(…)`.");
    if (high < low) throw new PatternProblem(`\`${found[0]}\` ends before it begins`, "Write the smaller number first.");
    const endless = high === Number.POSITIVE_INFINITY;
    if (high > 1) {
      const shown = `${item.text}${found[0]}`;
      if (item.canBeEmpty)
        throw new PatternProblem(`\`${shown}\` repeats what may be empty`, "Repeat something that takes at least one character.");
      if (item.ambiguous)
        throw new PatternProblem(
          `\`${shown}\` repeats alternatives that begin alike`,
          "Write single characters as `[ab]`, or use `in` with a list of the words meant.",
        );
      if (item.varies && !item.delimited)
        throw new PatternProblem(
          `\`${shown}\` repeats a repetition`,
          "Begin the group with a character that comes up nowhere else in it, as in `(/[a-z]+)*`.",
        );
    }
    return {
      ...item,
      text: `${item.text}${found[0]}${lazy}`,
      canBeEmpty: item.canBeEmpty || low === 0,
      varies: item.varies || endless || low !== high,
      delimited: false,
    };
  }

  function bounds(found: RegExpExecArray): readonly [number, number] {
    const [sign, low, comma, high] = found;
    if (low === undefined) return sign === "?" ? [0, 1] : [sign === "*" ? 0 : 1, Number.POSITIVE_INFINITY];
    if (comma === undefined) return [Number(low), Number(low)];
    return [Number(low), high === "" || high === undefined ? Number.POSITIVE_INFINITY : Number(high)];
  }

  function atom(): Part {
    const character = String.fromCodePoint(pattern.codePointAt(at)!);
    if (character === "(") return group();
    if (character === "[") return set();
    if (character === "\\") return escaped();
    if ("*+?".includes(character) || /^\{\d/.test(rest()))
      throw new PatternProblem(`\`${character}\` repeats nothing`, "Put a character or a group in front of it.");
    at += character.length;
    if (character === "^") return assertion(flags.m ? "(?:^|(?<=\\n))" : "^");
    if (character === "$") return assertion(flags.m ? "(?:$|(?=\\n))" : "$");
    // RE2's dot takes everything but `\n`; JavaScript's leaves out other line ends too.
    if (character === ".") return single(flags.s ? "[^]" : "[^\\n]", "any");
    const printed: readonly [string, CharacterSet] = /[\0-\x1f\x7f\u2028\u2029]/.test(character)
      ? codePoint(character.codePointAt(0)!)
      : [/[{}\]/]/.test(character) ? `\\${character}` : character, one(character)];
    return single(...anyCase(...printed));
  }

  function group(): Part {
    at++;
    const outer = flags;
    if (pattern[at] === "?") {
      const named = /^\?(?:P?<[A-Za-z_]\w*>)/.exec(rest());
      const flagged = named === null ? /^\?([imsU]*)(?:-([imsU]+))?([:)])/.exec(rest()) : null;
      const found = named ?? flagged;
      if (found === null || found[0] === "?)")
        throw new PatternProblem(
          `\`(${pattern.slice(at, at + 2)}\` is not supported`,
          "Groups are written `( )` or `(?: )`, and flags `(?i)` or `(?i: )`: of them there are i, m, s and U.",
        );
      at += found[0].length;
      if (flagged !== null) flags = changed(flags, flagged[1]!, flagged[2] ?? "");
      // Without a colon they hold to the end of the group around.
      if (flagged?.[3] === ")") return assertion("");
    }
    if (++depth > 50) throw new PatternProblem("it is nested too deep", "Split it into several patterns.");
    const inner = alternation();
    depth--;
    flags = outer;
    if (pattern[at] !== ")")
      throw new PatternProblem("`(` is not closed", "Write `)` where the group ends, or `\\(` for the character itself.");
    at++;
    return { ...inner, text: `(?:${inner.text})` };
  }

  /** A piece that takes one character, in upper and lower case where the flag `i` is on. */
  function anyCase(text: string, characters: CharacterSet): readonly [string, CharacterSet] {
    if (!flags.i || characters === "any") return [text, characters];
    const folded = inAnyCase(characters);
    return folded === characters ? [text, characters] : [`[${folded.map(rangeText).join("")}]`, folded];
  }

  function escaped(): Part {
    const [text, characters] = escape(false);
    return ["\\b", "\\B", "(?:^)", "(?:$)"].includes(text) ? assertion(text) : single(...anyCase(text, characters));
  }

  /** Reads `\x`, gives its JavaScript form and what it takes. */
  function escape(inSet: boolean): readonly [string, CharacterSet] {
    const letter = pattern[at + 1];
    if (letter === undefined) throw new PatternProblem("it ends in a backslash", "Write `\\\\\\\\` for the character itself.");
    const hex = /^\\x(?:([0-9A-Fa-f]{2})|\{([0-9A-Fa-f]{1,6})\})/.exec(rest());
    at += hex === null ? 2 : hex[0].length;
    if (hex !== null) return codePoint(Number.parseInt(hex[1] ?? hex[2]!, 16));
    const known = classes[letter];
    if (known !== undefined) {
      if (!inSet || !known.text.startsWith("[")) return [known.text, known.characters];
      if (letter === "S") throw new PatternProblem("`\\S` inside of a set is not supported", "Write the characters meant.");
      return [known.text.slice(1, -1), known.characters];
    }
    const control = { n: 10, r: 13, t: 9, f: 12, v: 11, a: 7 }[letter];
    if (control !== undefined) return codePoint(control);
    if (!inSet && (letter === "b" || letter === "B")) return [`\\${letter}`, []];
    // `\A` and `\z` are the start and the end of the text, as `^` and `$` are without the `m` flag.
    if (!inSet && letter === "A") return ["(?:^)", []];
    if (!inSet && letter === "z") return ["(?:$)", []];
    if (/[A-Za-z0-9]/.test(letter))
      throw new PatternProblem(`\`\\${letter}\` is not supported`, "Write the characters meant as a set, for example `[a-z]`.");
    if (letter.charCodeAt(0) > 0x7e)
      throw new PatternProblem(`\`\\${letter}\` is no escape`, "Write the character without a backslash.");
    return codePoint(letter.charCodeAt(0));
  }

  function codePoint(code: number): readonly [string, CharacterSet] {
    if (code > 0x10ffff) throw new PatternProblem("a code point is too large", "They go up to 10FFFF.");
    return [`\\u{${code.toString(16).toUpperCase()}}`, [[code, code]]];
  }

  function set(): Part {
    const start = at++;
    const negated = pattern[at] === "^";
    if (negated) at++;
    let text = "";
    const ranges: (readonly [number, number])[] = [];
    let unknown = false;
    for (let first = true; first || pattern[at] !== "]"; first = false) {
      if (at >= pattern.length)
        throw new PatternProblem(
          `\`${pattern.slice(start, start + 8)}\` is not closed`,
          "Write `]` where the set ends, or `\\[` for the character itself.",
        );
      const named = /^\[:(\^?)(\w+):\]/.exec(rest());
      if (named !== null) {
        const posix = named[1] === "" ? own(posixSets, named[2]!) : undefined;
        if (posix === undefined)
          throw new PatternProblem(`\`${named[0]}\` is not supported`, "Write the characters themselves, for example `a-z`.");
        at += named[0].length;
        text += posix.text;
        ranges.push(...posix.ranges);
        continue;
      }
      const [lowText, low] = member();
      if (pattern[at] === "-" && pattern[at + 1] !== "]" && at + 1 < pattern.length) {
        at++;
        const [highText, high] = member();
        if (
          low === "any" ||
          high === "any" ||
          low.length !== 1 ||
          high.length !== 1 ||
          low[0]![0] !== low[0]![1] ||
          high[0]![0] !== high[0]![1] ||
          low[0]![0] > high[0]![0]
        ) {
          throw new PatternProblem(
            "a range does not go from a smaller to a larger character",
            "Write it as in `a-z`; put `-` last for the character itself.",
          );
        }
        text += `${lowText}-${highText}`;
        ranges.push([low[0]![0], high[0]![0]]);
      } else {
        text += lowText;
        if (low === "any") unknown = true;
        else ranges.push(...low);
      }
    }
    at++;
    // What a set leaves out, it leaves out in upper and lower case.
    const taken = flags.i ? inAnyCase(ranges) : ranges;
    const characters: CharacterSet = unknown ? "any" : negated ? complement(taken) : taken;
    return single(`[${negated ? "^" : ""}${taken === ranges ? text : taken.map(rangeText).join("")}]`, characters);
  }

  function member(): readonly [string, CharacterSet] {
    if (pattern[at] === "\\") return escape(true);
    const character = String.fromCodePoint(pattern.codePointAt(at)!);
    at += character.length;
    const code = character.codePointAt(0)!;
    return [/[A-Za-z0-9 ]/.test(character) ? character : `\\u{${code.toString(16).toUpperCase()}}`, one(character)];
  }
}

const single = (text: string, characters: CharacterSet): Part => ({
  text,
  characters,
  first: characters,
  canBeEmpty: false,
  varies: false,
  ambiguous: false,
  delimited: true,
});
/** Takes no text. */
const assertion = (text: string): Part => ({ ...single(text, []), canBeEmpty: true, delimited: false, isAssertion: true });

const changed = (flags: Flags, on: string, off: string): Flags => ({
  i: !off.includes("i") && (flags.i || on.includes("i")),
  m: !off.includes("m") && (flags.m || on.includes("m")),
  s: !off.includes("s") && (flags.s || on.includes("s")),
});

const codeText = (code: number): string => `\\u{${code.toString(16).toUpperCase()}}`;
const rangeText = ([low, high]: readonly [number, number]): string =>
  low === high ? codeText(low) : `${codeText(low)}-${codeText(high)}`;
const one = (character: string): CharacterSet => [[character.codePointAt(0)!, character.codePointAt(0)!]];
