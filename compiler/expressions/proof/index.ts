import type { ExpressionIr } from "../../ir/expression.ts";
import { comparandsOf } from "./comparands.ts";
import { isTrue, type Scene, type Surroundings, valueOf } from "./evaluate.ts";
import { none } from "./values.ts";
import { inEveryWorld } from "./worlds.ts";

export type { Surroundings } from "./evaluate.ts";

/** Something that is known of the requests in question. */
export interface Given {
  readonly expression: ExpressionIr;
  readonly is: boolean;
}

export interface Claim {
  /** At least one of them is true. */
  readonly oneOf: readonly ExpressionIr[];
  /** Whether one that has no value counts as true, as it does for `when`. */
  readonly orUndecided: boolean;
  readonly given?: readonly Given[];
  readonly around?: Surroundings;
}

/**
 * Proves that a claim holds for every request. Parts of expressions are taken apart as far as comparisons, `has` and the
 * functions on text go; what is beyond that may be anything. So true is a proof, and false says only that there is none.
 */
export function isProven({ oneOf, orUndecided, given = [], around = {} }: Claim): boolean {
  const comparands = comparandsOf([...oneOf, ...given.map(({ expression }) => expression)].map(({ root }) => root));
  return inEveryWorld((world) => {
    const scene: Scene = { world, comparands, around };
    const matters = given.every(({ expression, is }) => {
      const value = valueOf(expression.root, scene);
      return value !== none && isTrue(value) === is;
    });
    if (!matters) return true;
    return oneOf.some(({ root }) => {
      const value = valueOf(root, scene);
      return value === none ? orUndecided : isTrue(value);
    });
  });
}

/**
 * Whether, as far as can be told, some request has all of them true; `orUndecided`: or without a value. False is a proof
 * that there is none.
 */
export function mayHold(expressions: readonly ExpressionIr[], orUndecided: boolean, around: Surroundings = {}): boolean {
  const comparands = comparandsOf(expressions.map(({ root }) => root));
  return !inEveryWorld((world) => {
    const scene: Scene = { world, comparands, around };
    return expressions.some(({ root }) => {
      const value = valueOf(root, scene);
      return value === none ? !orUndecided : !isTrue(value);
    });
  });
}
