import type { TypedNode } from "../ir.ts";
import { overloads } from "../overloads.ts";
import { compareKnown, constantOf, type Known, keyOf } from "./values.ts";

/** The constants that each part of some expressions is compared with, and whether it is compared with anything else. */
export interface Comparands {
  readonly constants: readonly Known["known"][];
  /** Compared with what is no constant: then its constants are not all that matters. */
  readonly mixed: boolean;
}

const comparing = new Set(["==", "!=", "<", "<=", ">", ">="]);

/** By the key of the part. */
export function comparandsOf(roots: readonly TypedNode[]): ReadonlyMap<string, Comparands> {
  const found = new Map<string, { constants: Known["known"][]; mixed: boolean }>();
  const note = (node: TypedNode, other: TypedNode): void => {
    if (constantOf(node) !== undefined) return;
    const key = keyOf(unboxed(node));
    let entry = found.get(key);
    if (entry === undefined) found.set(key, (entry = { constants: [], mixed: false }));
    const constant = constantOf(other);
    if (constant === undefined) entry.mixed = true;
    else if (!entry.constants.some((one) => one === constant || compareKnown(one, constant) === 0))
      entry.constants.push(constant);
  };
  const visit = (node: TypedNode): void => {
    for (const child of childrenOf(node)) visit(child);
    if (node.kind !== "call") return;
    const [left, right] = node.args;
    if (comparing.has(overloads[node.overload].name)) {
      note(left!, right!);
      note(right!, left!);
    } else if (node.overload === "inList") {
      const list = unboxed(right!);
      for (const item of list.kind === "list" ? list.items : []) {
        note(left!, item);
        note(item, left!);
      }
    }
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
