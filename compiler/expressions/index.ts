export { type CheckedExpression, checkExpression } from "./check.ts";
export { policyEnvironment, type PolicyVariables, type TypeEnvironment, type VariableDeclaration } from "./environment.ts";
export type { ExpressionIr, Reads, TypedNode, ValueType } from "./ir.ts";
export { exchangeNames, type ExpressionNames, type PrintedExpression, printExpression, type VariableCode } from "./print.ts";
export { locateExpression } from "./locate.ts";
export type { ExpressionProblem } from "./problems.ts";
export { type Schema, SchemaTypes, typeOfSchema } from "./schema-types.ts";
export * as celTypes from "./types.ts";
export type { CelType, FieldType, ObjectType } from "./types.ts";
