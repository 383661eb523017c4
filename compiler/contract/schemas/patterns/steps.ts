import type { Alphabet } from "./alphabet.ts";
import { type Automaton, anywhere, atStart } from "./automaton.ts";

/** By state, in how many ways a matcher comes to try it on one text. A way that ends in a match is the last one. */
type Ways = ReadonlyMap<number, number>;

/** Steps for each character of a text that a matcher of the engine may take: for 100 kB some hundred milliseconds at most. */
const stepsPerCharacter = 250;
/** Steps that it may take where the text begins. */
const firstSteps = 10_000;
/** Combinations of ways that may be looked at, and edges that may be followed for it. */
const mostCombinations = 2_000;
const effort = 3_000_000;

/**
 * What a matcher does with every text at once: a backtracking matcher takes one step for each way into a state, from each
 * place where it begins, so what it does for a character is the sum of the ways at that character. Texts that lead to the
 * same ways have the same future (a determinisation that counts).
 */
export class Steps {
  readonly #automaton: Automaton;
  readonly #classes: number;
  /** By class, the states that it leads into. */
  readonly #entered: readonly ReadonlySet<number>[];
  /** By state, what is tried from it: whatever may follow, and the end. */
  readonly #tries: readonly number[];
  readonly #start: Ways;
  readonly #isTriedAnywhere: boolean;
  #followed = 0;

  constructor(automaton: Automaton, alphabet: Alphabet) {
    const { sets, edges, ends, open } = automaton;
    this.#automaton = automaton;
    this.#classes = alphabet.examples.length;
    const stateClasses = sets.map((set) => alphabet.classesOf.get(set) ?? new Set<number>());
    this.#entered = alphabet.examples.map(
      (_, number) => new Set(stateClasses.flatMap((classes, state) => (classes.has(number) ? [state] : []))),
    );
    this.#tries = edges.map((targets, state) =>
      [...targets.values()].reduce((total, ways) => total + ways, ends.get(state) ?? 0),
    );
    const isUsed = (state: number): boolean => this.#tries[state]! > 0;
    this.#start = new Map([anywhere, atStart].filter(isUsed).map((state) => [state, 1]));
    // What matches nothing matches where the text begins.
    this.#isTriedAnywhere = isUsed(anywhere) && !open.has(anywhere);
  }

  /** Proven: no text takes more than so many steps for each of its characters. */
  get isLinear(): boolean {
    if (this.#cost(this.#start) > firstSteps) return false;
    const seen = new Set([keyOf(this.#start)]);
    const queue = [this.#start];
    for (let head = 0; head < queue.length; head++) {
      for (let number = 0; number < this.#classes; number++) {
        const next = this.#after(queue[head]!, number);
        const key = keyOf(next);
        if (seen.has(key)) continue;
        if (this.#cost(next) > stepsPerCharacter || seen.size >= mostCombinations || this.#followed > effort) return false;
        seen.add(key);
        queue.push(next);
      }
    }
    return true;
  }

  /**
   * A length up to which no text takes more than so many steps. It may be less than the greatest: texts are looked at
   * together where they are many, as one that has the most ways of each.
   */
  longestWithin(budget: number, longest: number): number {
    let texts: Spent[] = [{ ways: this.#start, steps: this.#cost(this.#start) }];
    this.#followed = 0;
    for (let length = 0; length < longest; length++) {
      if (this.#followed > effort) return length;
      const next = new Map<string, Spent>();
      for (const { ways, steps } of texts) {
        for (let number = 0; number < this.#classes; number++) {
          const following = this.#after(ways, number);
          const spent = steps + this.#cost(following);
          if (spent > budget) return length;
          const key = keyOf(following);
          if ((next.get(key)?.steps ?? -1) < spent) next.set(key, { ways: following, steps: spent });
        }
      }
      texts = together([...next.values()]);
    }
    return longest;
  }

  #after(ways: Ways, number: number): Ways {
    const { edges, open } = this.#automaton;
    const entered = this.#entered[number]!;
    const next = new Map<number, number>();
    for (const [state, count] of ways) {
      for (const [target, multiple] of edges[state]!) {
        this.#followed++;
        if (!entered.has(target)) continue;
        // Who has found a match does not come again.
        next.set(target, open.has(target) ? 1 : Math.min(Number.MAX_SAFE_INTEGER, (next.get(target) ?? 0) + count * multiple));
      }
    }
    if (this.#isTriedAnywhere) next.set(anywhere, 1);
    return next;
  }

  #cost(ways: Ways): number {
    let cost = 0;
    for (const [state, count] of ways) cost += count * (1 + this.#tries[state]!);
    return cost;
  }
}

interface Spent {
  readonly ways: Ways;
  readonly steps: number;
}

const mostTexts = 8;

function together(texts: readonly Spent[]): Spent[] {
  if (texts.length <= mostTexts) return [...texts];
  const [first, ...others] = [...texts].sort((a, b) => b.steps - a.steps);
  const kept = others.slice(0, mostTexts - 2);
  const merged = new Map<number, number>();
  for (const { ways } of others.slice(mostTexts - 2))
    for (const [state, count] of ways) merged.set(state, Math.max(merged.get(state) ?? 0, count));
  const steps = Math.max(...others.slice(mostTexts - 2).map((text) => text.steps));
  return [first!, ...kept, { ways: merged, steps }];
}

const keyOf = (ways: Ways): string =>
  [...ways]
    .sort(([a], [b]) => a - b)
    .map(([state, count]) => `${state}:${count}`)
    .join();
