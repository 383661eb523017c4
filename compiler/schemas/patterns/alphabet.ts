/**
 * Stands for all characters: one of each kind that the atoms of a pattern tell apart. What an atom matches is asked of
 * the engine itself.
 */
export interface Alphabet {
  readonly characters: readonly string[];
  /** By atom, the numbers of the characters that it matches. */
  readonly matches: ReadonlyMap<string, ReadonlySet<number>>;
}

export function alphabetOf(pattern: string, atoms: readonly string[]): Alphabet {
  const candidates = [...new Set([...ascii, ...others, ...pattern, ...neighbours(pattern)])];
  const tests = new Map([...new Set(atoms)].filter((atom) => atom !== "").map((atom) => [atom, atomTest(atom)]));
  const bySignature = new Map<string, string>();
  for (const character of candidates) {
    const signature = [...tests.values()].map((test) => (test.test(character) ? "1" : "0")).join("");
    if (!bySignature.has(signature)) bySignature.set(signature, character);
  }
  const characters = [...bySignature.values()];
  const matches = new Map(
    [...tests].map(([atom, test]) => [
      atom,
      new Set(characters.flatMap((character, index) => (test.test(character) ? [index] : []))),
    ]),
  );
  return { characters, matches };
}

/** Letters and digits first, as a witness is to be read. */
const ascii = [..."a0A _-./@,:;", ...Array.from({ length: 128 }, (_, code) => String.fromCharCode(code))];
const others = ["é", "ß", "Ω", "я", "א", "中", "\u00a0", "\u2028", "\u0301", "😀"];

const neighbours = (pattern: string): string[] =>
  [...pattern].flatMap((character) =>
    [character.codePointAt(0)! - 1, character.codePointAt(0)! + 1]
      .filter((code) => code > 0 && code <= 0x10_ffff)
      .map((code) => String.fromCodePoint(code)),
  );

function atomTest(atom: string): RegExp {
  const source = `^(?:${atom})$`;
  try {
    return new RegExp(source, "u");
  } catch {
    return new RegExp(source);
  }
}
