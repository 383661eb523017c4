import type { TypedNode } from "../ir/expression.ts";

/** Whether the value, or a part of it, comes from outside as JSON, so that it may be other than its type says. */
export function isExternal(node: TypedNode): boolean {
  // The entry takes the node of its kind; TypeScript cannot see that through the index.
  return (outside[node.kind] as (node: TypedNode) => boolean)(node);
}

const outside: { readonly [Kind in TypedNode["kind"]]: (node: TypedNode & { kind: Kind }) => boolean } = {
  constant: never,
  typeName: never,
  variable: ({ external }) => external,
  local: ({ external }) => external,
  field: ({ operand }) => isExternal(operand),
  has: never,
  and: never,
  or: never,
  conditional: ({ then, otherwise }) => isExternal(then) || isExternal(otherwise),
  call: ({ type, args }) => (["list", "map", "object", "dyn", "union"].includes(type.kind) ? args.some(isExternal) : false),
  list: ({ items }) => items.some(isExternal),
  map: ({ entries }) => entries.some(({ key, value }) => isExternal(key) || isExternal(value)),
  macro: ({ macro, range, body }) => (macro === "filter" ? isExternal(range) : macro === "map" && isExternal(body)),
  box: ({ operand }) => isExternal(operand),
  narrow: ({ operand }) => isExternal(operand),
};

function never(): boolean {
  return false;
}

/**
 * Whether maps are objects of JSON here: read from a variable by fields and indices only. What an expression makes of
 * parts may hold maps of both kinds.
 */
export function isJson(node: TypedNode): boolean {
  if (node.kind === "variable") return node.external;
  if (node.kind === "field" || node.kind === "narrow") return isJson(node.operand);
  return node.kind === "call" && node.overload.startsWith("elementOf") && isJson(node.args[0]!);
}
