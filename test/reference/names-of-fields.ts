import type { TypedNode } from "../../compiler/expressions/index.ts";

/** The arguments of a call; keys of header fields in lower case, since their names are case-insensitive (RFC 9110 §5.1). */
export function withNames(args: readonly TypedNode[], evaluate: (arg: TypedNode) => unknown): readonly unknown[] {
  const values = args.map(evaluate);
  return args.some(isOfFields) ? values.map((value) => (typeof value === "string" ? value.toLowerCase() : value)) : values;
}

const isOfFields = (node: TypedNode): boolean =>
  node.kind === "variable" && ["request.headers", "response.headers"].includes(node.name);
