export { regularExpression, regularExpressionLiteral } from "../../../contract/schemas/patterns/regular-expression.ts";
