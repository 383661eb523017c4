import type { Ranges } from "./any-case.ts";

/** Ranges of code points; `any` where they were not worked out. */
export type CharacterSet = Ranges | "any";

const digit = [[48, 57]] as const;
const wordRanges = [
  [48, 57],
  [65, 90],
  [95, 95],
  [97, 122],
] as const;
const spaceRanges = [
  [9, 10],
  [12, 13],
  [32, 32],
] as const;
/** The classes of RE2 are those of ASCII. */
export const classes: Readonly<Record<string, { readonly text: string; readonly characters: CharacterSet }>> = {
  d: { text: "\\d", characters: digit },
  D: { text: "\\D", characters: complement(digit) },
  w: { text: "\\w", characters: wordRanges },
  W: { text: "\\W", characters: complement(wordRanges) },
  s: { text: "[\\t\\n\\f\\r ]", characters: spaceRanges },
  S: { text: "[^\\t\\n\\f\\r ]", characters: complement(spaceRanges) },
};
export const posixSets: Readonly<
  Record<string, { readonly text: string; readonly ranges: readonly (readonly [number, number])[] }>
> = {
  alpha: {
    text: "A-Za-z",
    ranges: [
      [65, 90],
      [97, 122],
    ],
  },
  digit: { text: "0-9", ranges: digit },
  alnum: {
    text: "0-9A-Za-z",
    ranges: [
      [48, 57],
      [65, 90],
      [97, 122],
    ],
  },
  lower: { text: "a-z", ranges: [[97, 122]] },
  upper: { text: "A-Z", ranges: [[65, 90]] },
  space: {
    text: "\\t\\n\\v\\f\\r ",
    ranges: [
      [9, 13],
      [32, 32],
    ],
  },
  xdigit: {
    text: "0-9A-Fa-f",
    ranges: [
      [48, 57],
      [65, 70],
      [97, 102],
    ],
  },
  word: { text: "\\w", ranges: wordRanges },
};

export function complement(ranges: readonly (readonly [number, number])[]): CharacterSet {
  const result: (readonly [number, number])[] = [];
  let next = 0;
  for (const [low, high] of [...ranges].sort((a, b) => a[0] - b[0])) {
    if (low > next) result.push([next, low - 1]);
    next = Math.max(next, high + 1);
  }
  if (next <= 0x10ffff) result.push([next, 0x10ffff]);
  return result;
}

export const union = (sets: readonly CharacterSet[]): CharacterSet =>
  sets.includes("any") ? "any" : sets.flatMap((set) => (set === "any" ? [] : set));

export function overlap(a: CharacterSet, b: CharacterSet): boolean {
  if (a === "any" || b === "any") return true;
  return a.some(([low, high]) => b.some(([otherLow, otherHigh]) => low <= otherHigh && otherLow <= high));
}
