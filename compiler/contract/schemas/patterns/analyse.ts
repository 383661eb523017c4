import { type Alphabet, alphabetOf } from "./alphabet.ts";
import { exponentialAmbiguity } from "./ambiguity.ts";
import { type Automaton, automatonOf } from "./automaton.ts";
import { type Expression, has } from "./expression.ts";
import { isTooDeep, parseExpression, refersBackwards } from "./parse.ts";
import { regularExpression } from "./regular-expression.ts";
import { Steps } from "./steps.ts";

/**
 * How a pattern is matched so that no text keeps a worker busy. `engine`: by the engine's own matcher, of which is proven
 * that its steps grow with the length of the text only. `linear`: by one that keeps all ways at once. `bounded`: by the
 * engine's, on text up to a length, as a back reference can be followed in no other way.
 */
export type Matching =
  | { readonly by: "engine" }
  | { readonly by: "linear" }
  /** `witness`: text on which the engine's matcher takes exponential time; up to `limit` code units no text does. */
  | { readonly by: "linear"; readonly witness: string; readonly limit: number }
  /** `limit`: longest text in UTF-16 code units. */
  | { readonly by: "bounded"; readonly limit: number };

/** Steps that one match may take: some ten milliseconds. */
const budget = 1_000_000;
const longest = 100_000;
/** Of a linear matcher, whose steps for a character are no more than its states. */
const mostStates = 5_000;
const mostLooks = 20;
/** Where a set of characters begins or ends: there are no more classes of characters than such places and one. */
const mostChanges = 60_000;
const repeats = 30;

const engine: Matching = { by: "engine" };

/** `pattern` is one that can be compiled. */
export function analysePattern(pattern: string): Matching {
  // Without repetitions and alternatives a matcher has one way only.
  if (!/[*+?{|]/.test(pattern)) return engine;
  const parsed = regularExpression(pattern);
  if (parsed === undefined) return engine;
  if (isTooDeep(parsed)) return { by: "bounded", limit: 0 };
  const { expression, hasBackReference } = parseExpression(parsed);
  const isReadable = !hasBackReference || !refersBackwards(expression);
  const analysed = isReadable ? unrollings.map((unrolled) => new Analysed(expression, unrolled)) : [];
  if (analysed.some(({ isLinear }) => isLinear)) return engine;
  if (hasBackReference || !isSmall(expression))
    return { by: "bounded", limit: Math.max(0, ...analysed.map(({ limit }) => limit)) };
  for (const each of analysed) {
    const witness = each.witness(parsed);
    if (witness !== undefined) return { by: "linear", witness, limit: each.limit };
  }
  return { by: "linear" };
}

/** Counted repetitions as unbounded ones, which is less to look at; then as they are, where they are not too long. */
const unrollings = [4, 64];

class Analysed {
  readonly #automaton: Automaton | undefined;
  readonly #alphabet: Alphabet;
  readonly #steps: Steps | undefined;

  constructor(expression: Expression, unrolled: number) {
    this.#automaton = automatonOf(expression, unrolled);
    this.#alphabet = alphabetOf(this.#automaton?.sets ?? [], false);
    this.#steps = this.#automaton === undefined ? undefined : new Steps(this.#automaton, this.#alphabet);
  }

  get isLinear(): boolean {
    return this.#steps?.isLinear === true;
  }

  get limit(): number {
    return this.#steps?.longestWithin(budget, longest) ?? 0;
  }

  /** Text that takes exponential time, where there is some. */
  witness(pattern: RegExp): string | undefined {
    const found = this.#automaton === undefined ? undefined : exponentialAmbiguity(this.#automaton, this.#alphabet);
    if (found === undefined || found === "unknown") return undefined;
    return failing(pattern, textOf(found.prefix, this.#alphabet), textOf(found.pump, this.#alphabet), this.#alphabet);
  }
}

/** Few enough states for a linear matcher, with its repetitions written out, and characters that it tells apart. */
function isSmall(expression: Expression): boolean {
  let looks = 0;
  const changes = new Set<number>();
  has(expression, (part) => {
    if (part.kind === "look") looks++;
    if (part.kind === "set") for (const [first, last] of part.set) changes.add(first).add(last + 1);
    return false;
  });
  return looks <= mostLooks && changes.size <= mostChanges && sizeOf(expression) <= mostStates;
}

export function sizeOf(expression: Expression): number {
  switch (expression.kind) {
    case "empty":
    case "reference":
      return 0;
    case "set":
    case "assertion":
      return 1;
    case "look":
      return 2 + sizeOf(expression.part);
    case "repeat":
      return (sizeOf(expression.part) + 2) * (Number.isFinite(expression.most) ? expression.most : expression.least + 1);
    default:
      return expression.parts.reduce((total, part) => total + sizeOf(part) + 2, 0);
  }
}

/** Text that no match is found in, as something that cannot follow stands at its end: all ways through it are tried. */
function failing(expression: RegExp, prefix: string, pump: string, { examples }: Alphabet): string | undefined {
  const suffix = ["!", ...examples.map((code) => String.fromCodePoint(code)), ""].find(
    (end) => !expression.test(prefix + pump.repeat(2) + end),
  );
  // A matcher that finds a match on every way never goes back.
  return suffix === undefined ? undefined : prefix + pump.repeat(repeats) + suffix;
}

const textOf = (classes: readonly number[], { examples }: Alphabet): string =>
  classes.map((number) => String.fromCodePoint(examples[number]!)).join("");
