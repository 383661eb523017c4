import type { ExpressionIr, Reads, TypedNode } from "../../ir/expression.ts";

/** Expressions of which at least one must be true, as one: for proofs, and for what is asked of each request. */
export const anyOf = (all: readonly ExpressionIr[]): ExpressionIr => joined("or", "||", all);

export const allOf = (all: readonly ExpressionIr[]): ExpressionIr => joined("and", "&&", all);

export function not(expression: ExpressionIr): ExpressionIr {
  const { root, text } = expression;
  const negated: TypedNode = { kind: "call", overload: "not", args: [root], type: { kind: "bool" }, at: root.at };
  return { ...expression, text: `!(${text})`, root: negated };
}

function joined(kind: "and" | "or", operator: string, all: readonly ExpressionIr[]): ExpressionIr {
  const [first, ...others] = all;
  if (first === undefined) throw new Error("there is nothing to join");
  if (others.length === 0) return first;
  const root: TypedNode = { kind, operands: all.map((one) => one.root), type: { kind: "bool" }, at: first.root.at };
  return {
    ...first,
    text: all.map(({ text }) => `(${text.trim()})`).join(` ${operator} `),
    root,
    reads: together(all.map(({ reads }) => reads)),
    inPath: Object.assign({}, ...all.map(({ inPath }) => inPath)),
    inQuery: Object.assign({}, ...all.map(({ inQuery }) => inQuery)),
    inHeaders: Object.assign({}, ...all.map(({ inHeaders }) => inHeaders)),
  };
}

const union = (lists: readonly (readonly string[])[]): string[] => [...new Set(lists.flat())].sort();

const together = (all: readonly Reads[]): Reads => ({
  headers: union(all.map(({ headers }) => headers)),
  query: union(all.map(({ query }) => query)),
  params: union(all.map(({ params }) => params)),
  body: all.some(({ body }) => body),
  identity: all.some(({ identity }) => identity),
  peer: all.some(({ peer }) => peer),
  now: all.some(({ now }) => now),
  variables: union(all.map(({ variables }) => variables)),
});
