import type { CharacterSet } from "./character-set.ts";

/** A regular expression, as far as it says which text matches. Captures and lazy quantifiers do not. */
export type Expression =
  | { readonly kind: "empty" }
  | { readonly kind: "set"; readonly set: CharacterSet }
  | { readonly kind: "sequence"; readonly parts: readonly Expression[] }
  | { readonly kind: "choice"; readonly parts: readonly Expression[] }
  | { readonly kind: "repeat"; readonly part: Expression; readonly least: number; readonly most: number }
  /** `^`, `$`, `\b`, `\B`. */
  | { readonly kind: "assertion"; readonly asserts: "start" | "end" | "wordBoundary" | "noWordBoundary" }
  | { readonly kind: "look"; readonly isBehind: boolean; readonly isNegative: boolean; readonly part: Expression }
  /** A back reference; `part` is the group, empty where it cannot have matched yet. */
  | { readonly kind: "reference"; readonly part: Expression };

export const empty: Expression = { kind: "empty" };

export const sequence = (parts: readonly Expression[]): Expression =>
  parts.length === 0 ? empty : parts.length === 1 ? parts[0]! : { kind: "sequence", parts };

export const choice = (parts: readonly Expression[]): Expression => (parts.length === 1 ? parts[0]! : { kind: "choice", parts });

const partsOf = (expression: Expression): readonly Expression[] =>
  "parts" in expression ? expression.parts : "part" in expression ? [expression.part] : [];

/** Whether the expression, or a part of it, is such a one. */
export const has = (expression: Expression, isSuch: (part: Expression) => boolean): boolean =>
  isSuch(expression) || partsOf(expression).some((part) => has(part, isSuch));

/** Every match begins where the text begins. */
export function isAnchored(expression: Expression): boolean {
  switch (expression.kind) {
    case "assertion":
      return expression.asserts === "start";
    case "choice":
      return expression.parts.every(isAnchored);
    case "repeat":
      return expression.least > 0 && isAnchored(expression.part);
    case "sequence": {
      const first = expression.parts.find((part) => part.kind !== "empty" && part.kind !== "look");
      return first !== undefined && isAnchored(first);
    }
    default:
      return false;
  }
}

export function canBeEmpty(expression: Expression): boolean {
  switch (expression.kind) {
    case "set":
      return false;
    case "sequence":
      return expression.parts.every(canBeEmpty);
    case "choice":
      return expression.parts.some(canBeEmpty);
    case "repeat":
      return expression.least === 0 || canBeEmpty(expression.part);
    default:
      return true;
  }
}
