import type { Expression } from "./parse.ts";

/**
 * The automaton of an expression: one state for each place of an atom, and state 0, where matching begins (Glushkov). An
 * edge counts in how many ways a matcher can go from one atom to the next: with `(a+)+` there are two from `a` to `a`.
 */
export interface Automaton {
  /** By state, the atom that is matched on entering it; "" for state 0. */
  readonly atoms: readonly string[];
  /** By state, the states that may follow, each with the number of ways, at most `mostWays`. */
  readonly edges: readonly ReadonlyMap<number, number>[];
  /** Ends of a match. */
  readonly last: ReadonlySet<number>;
}

interface Part {
  readonly nullable: boolean;
  /** Each with the number of ways. */
  readonly first: ReadonlyMap<number, number>;
  readonly last: ReadonlyMap<number, number>;
}

/** Repetitions of more than that are read as unbounded. */
const unrolled = 4;
const mostStates = 600;
const mostWays = 1_000;

/** Undefined where the expression is too large to be looked at. */
export function automatonOf(expression: Expression): Automaton | undefined {
  const builder = new Builder();
  const whole = builder.build(expression);
  if (builder.atoms.length > mostStates) return undefined;
  for (const [state, ways] of whole.first) builder.link(0, state, ways);
  return {
    atoms: builder.atoms,
    edges: builder.edges,
    last: new Set([...whole.last.keys(), ...(whole.nullable ? [0] : [])]),
  };
}

const none: Part = { nullable: true, first: new Map(), last: new Map() };

class Builder {
  readonly atoms: string[] = [""];
  readonly edges: Map<number, number>[] = [new Map()];

  build(expression: Expression): Part {
    if (this.atoms.length > mostStates) return none;
    switch (expression.kind) {
      case "empty":
        return none;
      case "atom": {
        const state = this.atoms.push(expression.source) - 1;
        this.edges.push(new Map());
        return {
          nullable: false,
          first: new Map([[state, 1]]),
          last: new Map([[state, 1]]),
        };
      }
      case "sequence":
        return expression.parts.map((part) => this.build(part)).reduce((before, after) => this.#joined(before, after), none);
      case "choice": {
        const parts = expression.parts.map((part) => this.build(part));
        return {
          nullable: parts.some(({ nullable }) => nullable),
          first: sum(parts.map(({ first }) => first)),
          last: sum(parts.map(({ last }) => last)),
        };
      }
      case "repeat":
        return this.#repeated(expression.part, expression.least, expression.most);
    }
  }

  link(from: number, to: number, ways: number): void {
    const edges = this.edges[from]!;
    edges.set(to, Math.min(mostWays, (edges.get(to) ?? 0) + ways));
  }

  #repeated(part: Expression, least: number, most: number): Part {
    let result = none;
    const fixed = Math.min(least, unrolled);
    const isLoop = most > unrolled;
    for (let count = 1; count <= fixed; count++) {
      const copy = this.build(part);
      if (isLoop && count === fixed) this.#loop(copy);
      result = this.#joined(result, copy);
    }
    if (isLoop && fixed > 0) return result;
    if (isLoop) {
      const copy = this.build(part);
      this.#loop(copy);
      return { ...copy, nullable: true };
    }
    // `a{0,2}` is `(a(a)?)?`, so that each number of repetitions is one way.
    const optional = Array.from({ length: most - fixed }, () => this.build(part));
    let tail = none;
    for (const copy of optional.toReversed()) tail = { ...this.#joined(copy, tail), nullable: true };
    return this.#joined(result, tail);
  }

  #loop({ first, last }: Part): void {
    for (const [from, waysFrom] of last) for (const [to, waysTo] of first) this.link(from, to, waysFrom * waysTo);
  }

  #joined(before: Part, after: Part): Part {
    for (const [from, waysFrom] of before.last) for (const [to, waysTo] of after.first) this.link(from, to, waysFrom * waysTo);
    return {
      nullable: before.nullable && after.nullable,
      first: before.nullable ? sum([before.first, after.first]) : before.first,
      last: after.nullable ? sum([before.last, after.last]) : after.last,
    };
  }
}

function sum(maps: readonly ReadonlyMap<number, number>[]): Map<number, number> {
  const total = new Map<number, number>();
  for (const map of maps) for (const [state, ways] of map) total.set(state, Math.min(mostWays, (total.get(state) ?? 0) + ways));
  return total;
}
