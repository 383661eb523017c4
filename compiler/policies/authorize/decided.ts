import type { ExpressionIr, TypedNode } from "../../ir/expression.ts";
import { operandsOf } from "../../ir/paths-into.ts";

const body = "response.body";

/**
 * A condition over the head of an answer alone: where it is true, so is `expression`, whatever the body is. Undefined where
 * the head never decides.
 */
export function decidedByHead(expression: ExpressionIr): ExpressionIr | undefined {
  const root = withoutBody(expression.root);
  if (root === undefined) return undefined;
  const { reads } = expression;
  return { ...expression, root, reads: { ...reads, variables: reads.variables.filter((name) => name !== body) } };
}

/** CEL's `||` is true where one side is, and has no value where one is false and the other has none. */
function withoutBody(node: TypedNode): TypedNode | undefined {
  if (!readsBody(node)) return node;
  if (node.kind === "or") {
    const decided = node.operands.flatMap((operand) => withoutBody(operand) ?? []);
    return decided.length < 2 ? decided[0] : { ...node, operands: decided };
  }
  if (node.kind === "and") {
    const decided = node.operands.map(withoutBody);
    return decided.every((operand) => operand !== undefined) ? { ...node, operands: decided } : undefined;
  }
  if (node.kind !== "conditional" || readsBody(node.condition)) return undefined;
  const [then, otherwise] = [withoutBody(node.then), withoutBody(node.otherwise)];
  if (then === undefined && otherwise === undefined) return undefined;
  const never: TypedNode = { kind: "constant", value: false, type: node.type, at: node.at };
  return { ...node, then: then ?? never, otherwise: otherwise ?? never };
}

const readsBody = (node: TypedNode): boolean =>
  node.kind === "variable" ? node.name === body : operandsOf(node).some(readsBody);
