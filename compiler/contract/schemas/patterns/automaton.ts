import { type CharacterSet, none } from "./character-set.ts";
import { canBeEmpty, type Expression, has, isAnchored } from "./expression.ts";

/**
 * The ways of a backtracking matcher through an expression: one state for each place of a character (Glushkov). An edge
 * counts in how many ways the matcher can go from one place to the next: with `(a+)+` there are two from `a` to `a`. No way
 * of the matcher is left out; there may be more than it has.
 */
export interface Automaton {
  /** By state, the characters that lead into it; none lead into the first two. */
  readonly sets: readonly CharacterSet[];
  /** By state, the states that may follow, each with the number of ways, at most `mostWays`. */
  readonly edges: readonly ReadonlyMap<number, number>[];
  /** By state, in how many ways the pattern can end behind it. */
  readonly ends: ReadonlyMap<number, number>;
  /** States on which nothing more is asked: whoever gets there has found a match, and goes back no further. */
  readonly open: ReadonlySet<number>;
}

/** State in which every position of the text is tried, and the one for what begins with `^`, which is tried once. */
export const anywhere = 0;
export const atStart = 1;

interface Part {
  /** In how many ways it can match nothing. */
  readonly emptyWays: number;
  /** Nothing can be matched without an assertion that has to hold. */
  readonly isOpen: boolean;
  readonly first: ReadonlyMap<number, number>;
  readonly last: ReadonlyMap<number, number>;
  readonly open: ReadonlySet<number>;
}

const mostStates = 5_000;
const mostEdges = 200_000;
export const mostWays = 1_000_000;

/**
 * Undefined where the expression is too large to be looked at, or looks behind over a repetition. `unrolled`: repetitions
 * of more than that are read as unbounded, which has all ways there are, and more.
 */
export function automatonOf(expression: Expression, unrolled: number): Automaton | undefined {
  const builder = new Builder(unrolled);
  const parts = expression.kind === "choice" ? expression.parts : [expression];
  const open = new Set<number>();
  const ends = new Map<number, number>();
  for (const part of parts) {
    const built = builder.build(part);
    const entry = isAnchored(part) ? atStart : anywhere;
    for (const [state, ways] of built.first) builder.link(entry, state, ways);
    for (const [state, ways] of built.last) add(ends, state, ways);
    add(ends, entry, built.emptyWays);
    for (const state of built.open) open.add(state);
    if (built.isOpen && built.emptyWays > 0) open.add(entry);
  }
  if (builder.isTooMuch) return undefined;
  return { sets: builder.sets, edges: builder.edges, ends, open };
}

const nothing: Part = { emptyWays: 1, isOpen: true, first: new Map(), last: new Map(), open: new Set() };
const guard: Part = { ...nothing, isOpen: false };

class Builder {
  isTooMuch = false;
  #linked = 0;
  readonly sets: CharacterSet[] = [none, none];
  readonly edges: Map<number, number>[] = [new Map(), new Map()];
  readonly #unrolled: number;

  constructor(unrolled: number) {
    this.#unrolled = unrolled;
  }

  build(expression: Expression): Part {
    if (this.sets.length > mostStates) this.isTooMuch = true;
    if (this.isTooMuch) return nothing;
    switch (expression.kind) {
      case "empty":
        return nothing;
      case "assertion":
        return guard;
      case "set": {
        const state = this.sets.push(expression.set) - 1;
        this.edges.push(new Map());
        const only = new Map([[state, 1]]);
        return { emptyWays: 0, isOpen: false, first: only, last: only, open: new Set([state]) };
      }
      case "sequence":
        return expression.parts.reduce<Part>((before, part) => this.#joined(before, this.build(part)), nothing);
      case "choice":
        return either(expression.parts.map((part) => this.build(part)));
      case "reference":
        return either([nothing, this.build(expression.part)]);
      case "look":
        return this.#look(expression.part, expression.isBehind);
      case "repeat":
        return this.#repeated(expression.part, expression.least, expression.most);
    }
  }

  link(from: number, to: number, ways: number): void {
    if (++this.#linked > mostEdges) this.isTooMuch = true;
    else add(this.edges[from]!, to, ways);
  }

  /** What is looked at is matched beside the rest, and leads nowhere. */
  #look(part: Expression, isBehind: boolean): Part {
    if (isBehind) {
      // Without repetitions it takes a bounded number of steps, wherever it is tried.
      if (has(part, ({ kind }) => kind === "repeat" || kind === "look")) this.isTooMuch = true;
      return guard;
    }
    const { first } = this.#joined(this.build(part), this.build({ kind: "set", set: none }));
    return { ...guard, first };
  }

  #repeated(part: Expression, least: number, most: number): Part {
    // Each of the repetitions that must be may match nothing, in any combination: none of these ways is to be lost.
    const fixed = canBeEmpty(part) ? least : Math.min(least, this.#unrolled);
    const isLoop = most > Math.max(this.#unrolled, fixed);
    if (fixed > mostStates || (!isLoop && most > mostStates)) this.isTooMuch = true;
    let result = nothing;
    for (let count = 1; count <= fixed && !this.isTooMuch; count++) {
      const copy = this.build(part);
      if (isLoop && count === fixed) this.#loop(copy);
      result = this.#joined(result, copy);
    }
    if (isLoop && fixed > 0) return result;
    if (isLoop) {
      const copy = this.build(part);
      this.#loop(copy);
      return either([nothing, copy]);
    }
    // `a{0,2}` is `(a(a)?)?`, so that each number of repetitions is one way.
    let tail = nothing;
    for (let count = fixed; count < most && !this.isTooMuch; count++)
      tail = either([nothing, this.#joined(this.build(part), tail)]);
    return this.#joined(result, tail);
  }

  #loop({ first, last }: Part): void {
    for (const [from, waysFrom] of last) for (const [to, waysTo] of first) this.link(from, to, waysFrom * waysTo);
  }

  #joined(before: Part, after: Part): Part {
    for (const [from, waysFrom] of before.last) for (const [to, waysTo] of after.first) this.link(from, to, waysFrom * waysTo);
    const passes = after.isOpen && after.emptyWays > 0;
    return {
      emptyWays: Math.min(mostWays, before.emptyWays * after.emptyWays),
      isOpen: before.isOpen && after.isOpen,
      first: sum(before.first, after.first, before.emptyWays),
      last: sum(after.last, before.last, after.emptyWays),
      open: new Set([...after.open, ...(passes ? before.open : [])]),
    };
  }
}

function either(parts: readonly Part[]): Part {
  return {
    emptyWays: Math.min(
      mostWays,
      parts.reduce((total, { emptyWays }) => total + emptyWays, 0),
    ),
    isOpen: parts.some(({ isOpen, emptyWays }) => isOpen && emptyWays > 0),
    first: parts.reduce<Map<number, number>>((total, { first }) => sum(total, first, 1), new Map()),
    last: parts.reduce<Map<number, number>>((total, { last }) => sum(total, last, 1), new Map()),
    open: new Set(parts.flatMap(({ open }) => [...open])),
  };
}

function sum(one: ReadonlyMap<number, number>, other: ReadonlyMap<number, number>, times: number): Map<number, number> {
  const total = new Map(one);
  if (times > 0) for (const [state, ways] of other) add(total, state, ways * times);
  return total;
}

function add(total: Map<number, number>, state: number, ways: number): void {
  if (ways > 0) total.set(state, Math.min(mostWays, (total.get(state) ?? 0) + ways));
}
