import { strongComponents } from "../strong-components.ts";
import type { Alphabet } from "./alphabet.ts";
import { type Automaton, anywhere, atStart } from "./automaton.ts";

/** Text that a matcher can go through in twice as many ways each time it is repeated. */
export interface Ambiguity {
  /** Leads to the state. */
  readonly prefix: readonly number[];
  /** Classes of characters; leads from the state back to it, in two ways. */
  readonly pump: readonly number[];
}

/** Pairs of states that may be looked at; enough for what people write, and bounded for what nobody should. */
const effort = 400_000;

/**
 * Finds a state with two ways back to itself for one text (exponential degree of ambiguity; Weber and Seidl, 1991): in
 * the product of the automaton with itself, a cycle through a pair of equal states and a pair of different ones, or
 * through an edge that counts twice. Undefined where there is none, `"unknown"` where looking took too long.
 */
export function exponentialAmbiguity(automaton: Automaton, alphabet: Alphabet): Ambiguity | "unknown" | undefined {
  const components = strongComponents(automaton.edges.map((edges) => [...edges.keys()]));
  let left = effort;
  for (let state = atStart + 1; state < automaton.sets.length; state++) {
    const inside = (other: number): boolean => components[other] === components[state];
    if (![...automaton.edges[state]!.keys()].some(inside)) continue;
    const found = pumpAt(automaton, alphabet, state, inside, left);
    left -= found.visited;
    if (found.pump !== undefined) return { prefix: pathTo(automaton, alphabet, state), pump: found.pump };
    if (left <= 0) return "unknown";
  }
  return undefined;
}

/** Breadth first through pairs of states, from the pair of one state back to it; a pair says whether its ways have parted. */
function pumpAt(
  { sets, edges }: Automaton,
  { examples, classesOf }: Alphabet,
  start: number,
  inside: (state: number) => boolean,
  bound: number,
): { readonly pump: readonly number[] | undefined; readonly visited: number } {
  const size = sets.length;
  const home = start * size + start;
  const parents = new Map<number, { readonly from: number; readonly character: number }>();
  const apart = size * size;
  const queue = [home];
  for (let head = 0; head < queue.length; head++) {
    if (parents.size > bound) break;
    const node = queue[head]!;
    const hasParted = node >= apart;
    const left = Math.floor((node % apart) / size);
    const right = node % size;
    for (const [a, waysA] of edges[left]!) {
      if (!inside(a)) continue;
      const matchesA = classesOf.get(sets[a]!)!;
      for (const [b, waysB] of edges[right]!) {
        if (!inside(b) || (!hasParted && b < a)) continue;
        const parted = hasParted || a !== b || (left === right && Math.max(waysA, waysB) > 1);
        const next = (parted ? apart : 0) + a * size + b;
        if (parents.has(next)) continue;
        const matchesB = classesOf.get(sets[b]!)!;
        const character = examples.findIndex((_, index) => matchesA.has(index) && matchesB.has(index));
        if (character < 0) continue;
        parents.set(next, { from: node, character });
        if (next === apart + home) return { pump: pathBack(parents, next, home), visited: parents.size };
        queue.push(next);
      }
    }
  }
  return { pump: undefined, visited: parents.size };
}

function pathBack(
  parents: ReadonlyMap<number, { readonly from: number; readonly character: number }>,
  end: number,
  start: number,
): number[] {
  const path: number[] = [];
  let node = end;
  do {
    const { from, character } = parents.get(node)!;
    path.push(character);
    node = from;
  } while (node !== start);
  return path.reverse();
}

/** A shortest text that leads from the beginning to a state. */
function pathTo({ sets, edges }: Automaton, { classesOf }: Alphabet, target: number): number[] {
  const parents = new Map<number, number>([
    [anywhere, -1],
    [atStart, -1],
  ]);
  const queue = [anywhere, atStart];
  for (let head = 0; head < queue.length && !parents.has(target); head++) {
    for (const next of edges[queue[head]!]!.keys()) {
      if (parents.has(next) || classesOf.get(sets[next]!)!.size === 0) continue;
      parents.set(next, queue[head]!);
      queue.push(next);
    }
  }
  const path: number[] = [];
  for (let state = target; state > atStart; state = parents.get(state) ?? anywhere)
    path.push([...classesOf.get(sets[state]!)!][0] ?? 0);
  return path.reverse();
}
