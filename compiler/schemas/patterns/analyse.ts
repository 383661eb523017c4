import { type Alphabet, alphabetOf } from "./alphabet.ts";
import { exponentialAmbiguity } from "./ambiguity.ts";
import { type Automaton, automatonOf } from "./automaton.ts";
import { parseExpression } from "./parse.ts";
import { polynomialLimit } from "./polynomial.ts";

export interface PatternDanger {
  /** `unknown` where the pattern is too large, or refers back to what it matched. */
  readonly growth: "exponential" | "polynomial" | "unknown";
  /** Text that keeps a matcher busy; "" where the growth is not exponential. */
  readonly witness: string;
  /** Longest text, in UTF-16 code units, that may be tried. */
  readonly limit: number;
}

/** Steps that a match may take: some ten milliseconds. */
const budget = 1_000_000;
/** For patterns that could not be analysed. */
const cautious = 20;
const repeats = 30;
const longest = 10_000;

/** Says whether some text makes a backtracking matcher take more steps than a multiple of its length; undefined where none does. */
export function analysePattern(pattern: string): PatternDanger | undefined {
  const danger = exponentialDanger(pattern);
  if (danger !== undefined) return danger;
  const limit = polynomialLimit(pattern, () => {
    const automaton = automatonOf(parseExpression(pattern).expression);
    return automaton === undefined ? undefined : [automaton, alphabetOf(pattern, automaton.atoms)];
  });
  return limit === undefined ? undefined : { growth: "polynomial", witness: "", limit };
}

function exponentialDanger(pattern: string): PatternDanger | undefined {
  // Without two repetitions, or one of alternatives, nothing can be matched in two ways again and again.
  if (!/[*+}].*[)].*[*+{]|\|.*[)][*+{]|[?*}].*[)][*+{]|\\[1-9k]/s.test(pattern)) return undefined;
  const { expression, hasBackReference } = parseExpression(pattern);
  const automaton = automatonOf(expression);
  if (automaton === undefined) return { growth: "unknown", witness: "", limit: cautious };
  const alphabet = alphabetOf(pattern, automaton.atoms);
  const found = exponentialAmbiguity(automaton, alphabet);
  if (found === undefined) return undefined;
  if (found === "unknown")
    return {
      growth: "unknown",
      witness: "",
      limit: limitOf(automaton, alphabet, []),
    };
  const limit = Math.min(
    limitOf(automaton, alphabet, found.prefix, found.pump),
    limitOf(automaton, alphabet, [...found.prefix, ...found.pump]),
  );
  // What is found with the group in place of the reference need not be there.
  if (hasBackReference) return { growth: "unknown", witness: "", limit };
  const text = (numbers: readonly number[]): string => numbers.map((number) => alphabet.characters[number]!).join("");
  const prefix = text(found.prefix);
  const pump = text(found.pump);
  const suffix = failingSuffix(pattern, prefix, pump, alphabet);
  // A matcher that always finds a match on its way never goes back.
  if (suffix === undefined) return undefined;
  return {
    growth: "exponential",
    witness: prefix + pump.repeat(repeats) + suffix,
    limit,
  };
}

/** What makes the match fail after a few repetitions, so that all ways are tried. */
function failingSuffix(pattern: string, prefix: string, pump: string, { characters }: Alphabet): string | undefined {
  const expression = compiled(pattern);
  return ["!", ...characters, ""].find((suffix) => !expression.test(prefix + pump.repeat(3) + suffix));
}

function compiled(pattern: string): RegExp {
  try {
    return new RegExp(pattern);
  } catch {
    return new RegExp(pattern, "u");
  }
}

/**
 * Length up to which the ways through the automaton, all of which are tried, stay within the budget: on a text that is
 * pumped, or on one that takes the most ambiguous character each time.
 */
function limitOf(
  { atoms, edges }: Automaton,
  { matches, characters }: Alphabet,
  prefix: readonly number[],
  pump?: readonly number[],
): number {
  const step = (ways: ReadonlyMap<number, number>, character: number): Map<number, number> => {
    const next = new Map<number, number>();
    for (const [state, count] of ways) {
      for (const [target, multiple] of edges[state]!) {
        if (matches.get(atoms[target]!)!.has(character)) next.set(target, (next.get(target) ?? 0) + count * multiple);
      }
    }
    return next;
  };
  const total = (ways: ReadonlyMap<number, number>): number => [...ways.values()].reduce((sum, count) => sum + count, 0);
  let ways = new Map<number, number>([[0, 1]]);
  let steps = 0;
  let length = 0;
  for (let index = 0; length < longest; index++) {
    const given = prefix[index] ?? pump?.[(index - prefix.length) % pump.length];
    let best = given ?? 0;
    if (given === undefined)
      for (const character of characters.keys()) if (total(step(ways, character)) > total(step(ways, best))) best = character;
    ways = step(ways, best);
    steps += total(ways);
    if (steps > budget || ways.size === 0) break;
    length += characters[best]!.length;
  }
  return length;
}
