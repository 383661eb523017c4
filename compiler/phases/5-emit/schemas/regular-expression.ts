export { regularExpression, regularExpressionLiteral } from "../../../schemas/patterns/regular-expression.ts";
