import type { TypedNode } from "./expression.ts";

/** The names that an expression follows into a variable, each way once: `[["usage", "total_tokens"]]`. */
export function pathsInto(root: TypedNode, variable: string): readonly (readonly string[])[] {
  const found = new Map<string, readonly string[]>();
  const add = (path: readonly string[]): void => void found.set(JSON.stringify(path), path);
  const visit = (node: TypedNode): void => {
    const path = pathOf(node, variable);
    if (path !== undefined) return add(path);
    for (const part of operandsOf(node)) visit(part);
  };
  visit(root);
  const all = [...found.values()];
  // Whoever goes further on the same way has gone the shorter one.
  return all.filter((path) => !all.some((other) => other.length > path.length && path.every((name, at) => other[at] === name)));
}

/** Undefined where the node is not a part of the variable that is known by name. */
function pathOf(node: TypedNode, variable: string): readonly string[] | undefined {
  if (node.kind === "variable") return node.name === variable ? [] : undefined;
  if (node.kind === "narrow" || node.kind === "box") return pathOf(node.operand, variable);
  if (node.kind !== "field" && node.kind !== "has") return undefined;
  const path = pathOf(node.operand, variable);
  return path === undefined || node.name === "" ? path : [...path, node.name];
}

/** The nodes directly below a node. */
export function operandsOf(node: TypedNode): readonly TypedNode[] {
  switch (node.kind) {
    case "constant":
    case "typeName":
    case "variable":
    case "local":
      return [];
    case "field":
    case "has":
    case "box":
    case "narrow":
      return [node.operand];
    case "and":
    case "or":
      return node.operands;
    case "conditional":
      return [node.condition, node.then, node.otherwise];
    case "call":
      return node.args;
    case "list":
      return node.items;
    case "map":
      return node.entries.flatMap(({ key, value }) => [key, value]);
    case "macro":
      return [node.range, ...(node.filter === undefined ? [] : [node.filter]), node.body];
  }
}
