/** Ranges of code points or code units, both ends included, ascending and apart from each other. */
export type CharacterSet = readonly (readonly [first: number, last: number])[];

export const lastCodePoint = 0x10_ffff;

export const none: CharacterSet = [];
export const one = (code: number): CharacterSet => [[code, code]];

export function union(...sets: readonly CharacterSet[]): CharacterSet {
  const ranges = sets.flat().sort(([a], [b]) => a - b);
  const result: [number, number][] = [];
  for (const [first, last] of ranges) {
    const before = result.at(-1);
    if (before !== undefined && first <= before[1] + 1) before[1] = Math.max(before[1], last);
    else result.push([first, last]);
  }
  return result;
}

export function complement(set: CharacterSet): CharacterSet {
  const result: [number, number][] = [];
  let next = 0;
  for (const [first, last] of set) {
    if (first > next) result.push([next, first - 1]);
    next = last + 1;
  }
  if (next <= lastCodePoint) result.push([next, lastCodePoint]);
  return result;
}

export const includes = (set: CharacterSet, code: number): boolean => set.some(([first, last]) => first <= code && code <= last);

const range = (first: string, last: string): CharacterSet => [[first.codePointAt(0)!, last.codePointAt(0)!]];

const digit = range("0", "9");
/** ECMA-262 §22.2.2.7.3: the flag `u` alone adds nothing to it, only together with `i`. */
export const word = union(digit, range("A", "Z"), range("a", "z"), one(0x5f));
/** WhiteSpace and LineTerminator (ECMA-262 §12.2, §12.3). */
const space = union(
  [[0x09, 0x0d]],
  one(0x20),
  one(0xa0),
  one(0x1680),
  [[0x2000, 0x200a]],
  [[0x2028, 0x2029]],
  one(0x202f),
  one(0x205f),
  one(0x3000),
  one(0xfeff),
);

/** `.` without the flag `s`. */
export const anyButLineEnds = complement(union(one(0x0a), one(0x0d), [[0x2028, 0x2029]]));

/** What `\d` and the like match. */
export const escapedClasses: Readonly<Record<string, CharacterSet>> = {
  d: digit,
  D: complement(digit),
  w: word,
  W: complement(word),
  s: space,
  S: complement(space),
};

/** What `\p{…}` or `\P{…}` matches: the engine knows its version of Unicode. */
export function unicodeProperty(escape: string): CharacterSet {
  const result: [number, number][] = [];
  const runs = new RegExp(`${escape}+`, "gu");
  for (const [from, to] of planes) {
    for (const { 0: run, index } of textOf(from, to).matchAll(runs)) {
      const first = from + (from < 0x1_0000 ? index : index / 2);
      result.push([first, first + (from < 0x1_0000 ? run.length : run.length / 2) - 1]);
    }
  }
  return union(result);
}

/** Apart, so that no high surrogate stands before a low one and index and code point go together. */
const planes: readonly (readonly [number, number])[] = [
  [0, 0xd7ff],
  [0xd800, 0xdbff],
  [0xdc00, 0xdfff],
  [0xe000, 0xffff],
  ...Array.from({ length: 16 }, (_, plane) => [(plane + 1) * 0x1_0000, (plane + 1) * 0x1_0000 + 0xffff] as const),
];

function textOf(from: number, to: number): string {
  let text = "";
  for (let code = from; code <= to; code++) text += String.fromCodePoint(code);
  return text;
}
