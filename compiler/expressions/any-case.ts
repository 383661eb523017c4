/** Ranges of code points, both ends included. */
export type Ranges = readonly (readonly [number, number])[];

/** Above are no letters that have a counterpart (Unicode 16: U+1E943 is the last). */
const lastCased = 0x1_ffff;

/** Letters that differ in case alone, or are taken for such by their upper and lower case; made when first asked for. */
let known: readonly (readonly number[])[] | undefined;

function lettersInAllCases(): readonly (readonly number[])[] {
  const groups = new Map<string, number[]>();
  for (let code = 0x41; code <= lastCased; code++) {
    if (code === 0xd800) code = 0xe000;
    const letter = String.fromCodePoint(code);
    const upper = letter.toUpperCase();
    const lower = (oneCodePoint(upper) ? upper : letter).toLowerCase();
    const key = oneCodePoint(lower) ? lower : letter;
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [code]);
    else group.push(code);
  }
  return [...groups.values()].filter(({ length }) => length > 1);
}

const oneCodePoint = (text: string): boolean => text.length === 1 || (text.length === 2 && text.codePointAt(0)! > 0xffff);

/**
 * With each letter those that simple case folding of Unicode makes the same (RE2's flag `i`, which is that of JavaScript with
 * `u`: ECMA-262 §22.2.2.7.3). The set itself where there are none.
 */
export function inAnyCase(ranges: Ranges): Ranges {
  known ??= lettersInAllCases();
  const has = (code: number): boolean => ranges.some(([low, high]) => low <= code && code <= high);
  const more: [number, number][] = [];
  for (const group of known) {
    const inside = group.filter(has);
    if (inside.length === 0 || inside.length === group.length) continue;
    for (const code of group)
      if (!inside.includes(code) && inside.some((letter) => isSameLetter(letter, code))) more.push([code, code]);
  }
  return more.length === 0 ? ranges : [...ranges, ...more].sort(([a], [b]) => a - b);
}

const isSameLetter = (a: number, b: number): boolean =>
  new RegExp(`^\\u{${a.toString(16)}}$`, "iu").test(String.fromCodePoint(b));
