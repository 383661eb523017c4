import type { Value } from "@bufbuild/cel-spec/cel/expr/value_pb.js";
import type { IncrementalTest } from "@bufbuild/cel-spec/testdata/tests.js";
import {
  type CelType,
  celTypes,
  checkExpression,
  type TypeEnvironment,
  type VariableDeclaration,
} from "../../../compiler/expressions/index.ts";
import { ExpressionError } from "../../../runtime/expressions/error.ts";
import { compileExpression } from "../../unit/expressions/run-expression.ts";
import { box, boxedValue, celType, show, Unsupported, unbox } from "./values.ts";

/** What is wrong, or undefined where the case passes. */
export function runCase(test: IncrementalTest): string | undefined {
  try {
    return failure(test);
  } catch (error) {
    if (error instanceof Unsupported) return `not supported: ${error.message}`;
    throw error;
  }
}

function failure({ original, type: expectedType }: IncrementalTest): string | undefined {
  const declared = declarations(original);
  const environment: TypeEnvironment = {
    variables: Object.fromEntries(
      Object.entries(declared).map(([name, type]): [string, VariableDeclaration] => [name, { type, external: false }]),
    ),
    absent: {},
    definitions: { definition: () => celTypes.dyn },
    container: original.container,
    lenient: original.disableCheck,
  };
  const { resultMatcher } = original;
  const wantsError = resultMatcher.case === "evalError" || resultMatcher.case === "anyEvalErrors";
  const { expression, problems } = checkExpression(original.expr, environment, celTypes.dyn);
  // What would fail at run time may as well be refused when the gateway is built.
  if (expression === undefined) return wantsError ? undefined : `refused: ${problems.map(({ message }) => message).join("; ")}`;
  if (original.checkOnly)
    return resultMatcher.case === "typedResult" && expectedType === undefined ? "no type to compare" : undefined;

  const names = Object.keys(declared);
  const identifiers = new Map(names.map((name, index) => [name, `variable${index}`]));
  const compiled = compileExpression(expression, [...identifiers.values()], (base) => ({
    ...base,
    variable: (name) => ({ text: identifiers.get(name)!, uses: [identifiers.get(name)!] }),
    param: () => ({ text: "undefined", uses: [] }),
    query: () => ({ text: "undefined", uses: [] }),
    header: () => ({ text: "undefined", uses: [] }),
    geo: () => "undefined",
  }));
  let result: unknown;
  try {
    const args = names.map((name) => {
      const bound = original.bindings[name];
      if (bound?.kind.case !== "value") throw new ExpressionError("undeclared");
      return declared[name]!.kind === "dyn" ? boxedValue(bound.kind.value) : unbox(boxedValue(bound.kind.value), declared[name]!);
    });
    result = compiled.run(...args);
  } catch (error) {
    if (!(error instanceof ExpressionError)) throw error;
    if (!compiled.fails && names.length === 0) return `threw though it said it would not: ${error.message}`;
    return wantsError ? undefined : `error: ${error.message}`;
  }
  const given = show(box(result, expression.type));
  if (wantsError) return `gave ${given} where an error was expected`;
  const wanted = show(boxedValue(expectedValue(resultMatcher)));
  return given === wanted ? undefined : `gave ${given}, not ${wanted}`;
}

function declarations(original: IncrementalTest["original"]): Record<string, CelType> {
  const declared: Record<string, CelType> = {};
  for (const { name, declKind } of original.typeEnv) {
    if (declKind.case === "ident") declared[name] = celType(declKind.value.type);
    else throw new Unsupported("declared functions");
  }
  for (const name of Object.keys(original.bindings)) declared[name] ??= celTypes.dyn;
  return declared;
}

function expectedValue(matcher: IncrementalTest["original"]["resultMatcher"]): Value {
  if (matcher.case === "value") return matcher.value;
  if (matcher.case === "typedResult" && matcher.value.result !== undefined) return matcher.value.result;
  // Without a matcher, `true` is expected (simple.proto).
  if (matcher.case === undefined) return { $typeName: "cel.expr.Value", kind: { case: "boolValue", value: true } };
  throw new Unsupported(`matcher ${matcher.case}`);
}
