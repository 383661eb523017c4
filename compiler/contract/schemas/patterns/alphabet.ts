import { type CharacterSet, includes, lastCodePoint, word } from "./character-set.ts";

/** The characters, in classes that no set of a pattern tells apart. Exact: every character is in one class. */
export interface Alphabet {
  /** Where the ranges begin, from 0 on, and the class of each. */
  readonly starts: readonly number[];
  readonly classes: readonly number[];
  /** By class, one of its characters, which reads well where there is one. */
  readonly examples: readonly number[];
  /** By set, the classes of which it consists. */
  readonly classesOf: ReadonlyMap<CharacterSet, ReadonlySet<number>>;
  /** The classes of word characters; asked for by `\b` only, and told apart only then. */
  readonly words: ReadonlySet<number>;
}

export function alphabetOf(sets: Iterable<CharacterSet>, tellsWords: boolean): Alphabet {
  const distinct = [...new Set(tellsWords ? [...sets, word] : sets)];
  // By the point where it changes, the sets that begin or end there.
  const changes = new Map<number, number[]>([[0, []]]);
  const change = (at: number, set: number): void => {
    if (at > lastCodePoint) return;
    const known = changes.get(at);
    if (known === undefined) changes.set(at, [set]);
    else known.push(set);
  };
  for (const [index, set] of distinct.entries()) {
    for (const [first, last] of set) {
      change(first, index);
      change(last + 1, index);
    }
  }
  const starts: number[] = [];
  const classes: number[] = [];
  const numbers = new Map<string, number>();
  const members: (readonly number[])[] = [];
  const inside = new Set<number>();
  for (const [at, touched] of [...changes].sort(([a], [b]) => a - b)) {
    for (const set of touched) if (!inside.delete(set)) inside.add(set);
    const signature = [...inside].sort((a, b) => a - b).join();
    let number = numbers.get(signature);
    if (number === undefined) {
      numbers.set(signature, (number = members.length));
      members.push([...inside]);
    }
    if (classes.at(-1) === number) continue;
    starts.push(at);
    classes.push(number);
  }
  const classesOf = new Map(
    distinct.map((set, index) => [set, new Set(members.flatMap((of, number) => (of.includes(index) ? [number] : [])))]),
  );
  return {
    starts,
    classes,
    examples: examplesOf(starts, classes, members.length),
    classesOf,
    words: classesOf.get(word) ?? new Set(),
  };
}

/** Letters and digits first, as a witness is to be read. */
const readable = [..."a0A_ -./@,:;!"].map((character) => character.charCodeAt(0));

function examplesOf(starts: readonly number[], classes: readonly number[], count: number): number[] {
  const examples: number[] = [];
  const ranges = starts.map((start, index) => [start, (starts[index + 1] ?? lastCodePoint + 1) - 1] as const);
  for (let number = 0; number < count; number++) {
    const own = ranges.filter((_, index) => classes[index] === number);
    const visible = own.map(([first, last]) => [Math.max(first, 0x21), last] as const).find(([first, last]) => first <= last);
    examples.push(readable.find((code) => includes(own, code)) ?? visible?.[0] ?? own[0]![0]);
  }
  return examples;
}
