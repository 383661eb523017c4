import type { ExpressionIr } from "../ir/expression.ts";
import { type Ast, SyntaxProblem } from "./ast.ts";
import { Checker } from "./checker.ts";
import type { TypeEnvironment } from "./environment.ts";
import { syntax } from "./messages.gen.ts";
import { parseExpression } from "./parser.ts";
import { type ExpressionProblem, problemAt } from "./problems.ts";
import type { CelType } from "./types.ts";
import { valueType } from "./value-type.ts";

export type CheckedExpression =
  | { readonly expression: ExpressionIr; readonly problems: readonly ExpressionProblem[] }
  /** At least one problem is an error. */
  | { readonly expression: undefined; readonly problems: readonly ExpressionProblem[] };

/** Parses `text` and checks that it gives `expected` (`dyn`: anything) with the variables of `environment`. */
export function checkExpression(text: string, environment: TypeEnvironment, expected: CelType): CheckedExpression {
  let ast: Ast;
  try {
    ast = parseExpression(text);
  } catch (error) {
    if (!(error instanceof SyntaxProblem)) throw error;
    const { message, help } = error;
    return { expression: undefined, problems: [problemAt(error, (at) => syntax(at, { problem: message, help }))] };
  }
  const checker = new Checker(text, environment);
  const { type, node, values } = checker.whole(ast, expected);
  const problems = checker.problems.toSorted((a, b) => a.start - b.start);
  if (problems.some(({ severity }) => severity === "error")) return { expression: undefined, problems };
  const expression: ExpressionIr = {
    kind: "expression",
    text,
    type: valueType(type, (part) => checker.expand(part)),
    root: node,
    reads: checker.reads.result(),
    ...(values === undefined ? {} : { values }),
  };
  return { expression, problems };
}
