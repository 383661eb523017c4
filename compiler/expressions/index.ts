export type { DeclaredParameterIr, ExpressionIr, PathParameterIr, Reads, TypedNode, ValueType } from "../ir/expression.ts";
export { type CheckedExpression, checkExpression } from "./check.ts";
export {
  answerEnvironment,
  answeredEnvironment,
  geoVariables,
  loggedEnvironment,
  measuredEnvironment,
  type PolicyVariables,
  policyEnvironment,
  problemEnvironment,
  type TypeEnvironment,
  toldTexts,
  type VariableDeclaration,
} from "./environment.ts";
export { locateExpression } from "./locate.ts";
export { type ExpressionNames, exchangeNames, type PrintedExpression, printExpression, type VariableCode } from "./print.ts";
export type { ExpressionProblem } from "./problems.ts";
export { type Schema, SchemaTypes, typeOfSchema } from "./schema-types.ts";
export type { CelType, FieldType, ObjectType } from "./types.ts";
export * as celTypes from "./types.ts";
