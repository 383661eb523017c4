import type { Alphabet } from "./alphabet.ts";
import { strongComponents } from "./ambiguity.ts";
import type { Automaton } from "./automaton.ts";

/** Longest text for a pattern whose steps grow with the square, the cube or more of it: some hundred milliseconds. */
const limits = [10_000, 700, 200] as const;
/** Triples of states that may be looked at. */
const effort = 200_000;

const repetition = /[*+]|\{\d+,\d*\}/g;

/**
 * Longest text, in UTF-16 code units, on which a pattern that is not exponential is tried; undefined where its steps grow
 * with the length of the text only. A pattern that may begin anywhere is one that begins with a loop over all characters.
 *
 * Look-arounds are taken for what costs no more than the rest of an anchored pattern, as a rule they are linear.
 */
export function polynomialLimit(pattern: string, build: () => readonly [Automaton, Alphabet] | undefined): number | undefined {
  const loops = pattern.match(repetition)?.length ?? 0;
  const isAnchored = pattern.startsWith("^") && !hasOuterChoice(pattern);
  if (loops === 0 || (isAnchored && loops === 1)) return undefined;
  const looksAround = /\(\?<?[=!]/.test(pattern);
  if (looksAround && !isAnchored) return limits[0];
  const built = build();
  if (built === undefined) return limits[2];
  const [automaton, alphabet] = built;
  // Where nothing is asked of what follows, a match is certain as soon as its last atom is reached.
  const isOpen = !looksAround && !/\$|\\[bB]/.test(pattern);
  const depth = depthOf(automaton, alphabet, isAnchored, isOpen);
  return depth < 2 ? undefined : (limits[depth - 2] ?? limits[2]);
}

/** `a|b`, with or without `^` before each. */
function hasOuterChoice(pattern: string): boolean {
  let depth = 0;
  for (const [token] of pattern.matchAll(/\\[^]|\[(?:\\[^]|[^\]\\])*\]|[()|]/g)) {
    if (token === "(") depth++;
    else if (token === ")") depth--;
    else if (token === "|" && depth === 0) return true;
  }
  return false;
}

/**
 * Loops that one text can be shared out among in many ways (infinite degree of ambiguity; Weber and Seidl, 1991): state p
 * leads to p and to q, and q to q, for the same text. The longest chain of such pairs is the exponent.
 */
function depthOf(
  { atoms, edges, last }: Automaton,
  { characters, matches }: Alphabet,
  isAnchored: boolean,
  isOpen: boolean,
): number {
  const all = new Set(characters.keys());
  const next = edges.map((targets, state) => (state === 0 && !isAnchored ? [0, ...targets.keys()] : [...targets.keys()]));
  const matchesOf = atoms.map((atom, state) => (state === 0 ? all : matches.get(atom)!));
  const components = strongComponents(next);
  const counts = new Map<number, number>();
  for (const component of components) counts.set(component, (counts.get(component) ?? 0) + 1);
  const loops = [...next.keys()].filter(
    (state) => (next[state]!.includes(state) || counts.get(components[state]!)! > 1) && !(isOpen && last.has(state)),
  );
  let left = effort;
  const isPair = (p: number, q: number): boolean => {
    const size = atoms.length;
    const goal = (p * size + q) * size + q;
    const start = (p * size + p) * size + q;
    const seen = new Set([start]);
    const queue = [start];
    for (let head = 0; head < queue.length && left > 0; head++) {
      const node = queue[head]!;
      const [x, y, z] = [Math.floor(node / size / size), Math.floor(node / size) % size, node % size];
      for (const a of next[x]!) {
        if (components[a] !== components[p]) continue;
        for (const c of next[z]!) {
          if (components[c] !== components[q]) continue;
          for (const b of next[y]!) {
            left--;
            const found = (a * size + b) * size + c;
            if (seen.has(found)) continue;
            if (!meet(matchesOf[a]!, matchesOf[b]!, matchesOf[c]!)) continue;
            if (found === goal) return true;
            seen.add(found);
            queue.push(found);
          }
        }
      }
    }
    // What took too long to look at counts as found.
    return left <= 0;
  };
  const after = new Map(loops.map((p) => [p, loops.filter((q) => components[p] !== components[q] && isPair(p, q))]));
  const lengths = new Map<number, number>();
  const length = (p: number): number => {
    const known = lengths.get(p);
    if (known !== undefined) return known;
    // Components have no way back; the entry ends the search where effort ran out.
    lengths.set(p, 1);
    const longest = 1 + Math.max(0, ...after.get(p)!.map(length));
    lengths.set(p, longest);
    return longest;
  };
  return Math.max(0, ...loops.map(length));
}

function meet(a: ReadonlySet<number>, b: ReadonlySet<number>, c: ReadonlySet<number>): boolean {
  for (const each of a) if (b.has(each) && c.has(each)) return true;
  return false;
}
