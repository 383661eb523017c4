import type { TypedNode } from "../../ir/expression.ts";
import { overloads } from "../overloads.ts";
import { compareKnown, constantOf, type Known, keyOf } from "./values.ts";

/** The constants that each part of some expressions is compared with, and whether anything else is done with it. */
export interface Comparands {
  readonly constants: readonly Known["known"][];
  /** Compared with what is no constant, or computed with: then its constants are not all that matters. */
  readonly mixed: boolean;
}

const comparing = new Set(["==", "!=", "<", "<=", ">", ">="]);

/** By the key of the part. */
export function comparandsOf(roots: readonly TypedNode[]): ReadonlyMap<string, Comparands> {
  const found = new Map<string, { constants: Known["known"][]; mixed: boolean }>();
  const entryOf = (node: TypedNode) => {
    const key = keyOf(unboxed(node));
    let entry = found.get(key);
    if (entry === undefined) found.set(key, (entry = { constants: [], mixed: false }));
    return entry;
  };
  const note = (node: TypedNode, other: TypedNode): void => {
    if (constantOf(node) !== undefined) return;
    const entry = entryOf(node);
    const constant = constantOf(other);
    if (constant === undefined) entry.mixed = true;
    else if (!entry.constants.some((one) => one === constant || compareKnown(one, constant) === 0))
      entry.constants.push(constant);
  };
  const visit = (node: TypedNode): void => {
    const parts = childrenOf(node);
    for (const part of parts) visit(part);
    if (node.kind === "box" || node.kind === "narrow") return;
    const [left, right] = parts;
    if (node.kind === "call" && comparing.has(overloads[node.overload].name)) {
      note(left!, right!);
      note(right!, left!);
    } else if (node.kind === "call" && node.overload === "inList" && unboxed(right!).kind === "list") {
      for (const item of childrenOf(unboxed(right!))) {
        note(left!, item);
        note(item, left!);
      }
    } else for (const part of parts) entryOf(part).mixed = true;
  };
  for (const root of roots) visit(root);
  return found;
}

/** The node without the marks of how its value is represented. */
export const unboxed = (node: TypedNode): TypedNode =>
  node.kind === "box" || node.kind === "narrow" ? unboxed(node.operand) : node;

const children: { readonly [Kind in TypedNode["kind"]]: (node: TypedNode & { kind: Kind }) => readonly TypedNode[] } = {
  constant: () => [],
  typeName: () => [],
  variable: () => [],
  local: () => [],
  field: ({ operand }) => [operand],
  has: ({ operand }) => [operand],
  box: ({ operand }) => [operand],
  narrow: ({ operand }) => [operand],
  and: ({ operands }) => operands,
  or: ({ operands }) => operands,
  conditional: ({ condition, then, otherwise }) => [condition, then, otherwise],
  call: ({ args }) => args,
  list: ({ items }) => items,
  map: ({ entries }) => entries.flatMap(({ key, value }) => [key, value]),
  macro: ({ range, filter, body }) => (filter === undefined ? [range, body] : [range, filter, body]),
};

// The record holds the function for exactly this kind.
export const childrenOf = (node: TypedNode): readonly TypedNode[] =>
  (children[node.kind] as (node: TypedNode) => readonly TypedNode[])(node);
