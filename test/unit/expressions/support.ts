import {
  type CelType,
  celTypes,
  checkExpression,
  type ExpressionIr,
  type PolicyVariables,
  policyEnvironment,
  type Schema,
  SchemaTypes,
} from "../../../compiler/expressions/index.ts";

const { string, mapOf, dyn } = celTypes;

export const bodySchema: Schema = {
  type: "object",
  required: ["total", "status", "items", "customer"],
  properties: {
    total: { type: "integer" },
    price: { type: "number" },
    status: { enum: ["open", "paid"] },
    note: { type: "string" },
    memo: { type: ["string", "null"] },
    tags: { type: "array", items: { type: "string" } },
    ids: { type: "array", items: { type: "integer" } },
    items: {
      type: "array",
      items: { type: "object", required: ["sku", "count"], properties: { sku: { type: "string" }, count: { type: "integer" } } },
    },
    customer: { $ref: "#/components/schemas/Customer" },
    "content-type": { type: "string" },
    constructor: { type: "string" },
  },
};

const components: Readonly<Record<string, Schema>> = {
  "#/components/schemas/Customer": {
    type: "object",
    required: ["name"],
    properties: {
      name: { type: "string" },
      parent: { $ref: "#/components/schemas/Customer" },
      level: { oneOf: [{ type: "integer" }, { type: "string" }] },
    },
  },
};

export const schemaTypes = (): SchemaTypes => new SchemaTypes((schema) => components[schema.$ref as string]);

export function environment(more: Partial<PolicyVariables> = {}) {
  const definitions = schemaTypes();
  return policyEnvironment({
    params: { orderId: { type: string }, "line-no": { type: string } },
    query: {
      limit: { type: celTypes.int, required: true },
      tags: { type: celTypes.listOf(string), required: true },
      "page-size": { type: celTypes.int, required: false },
      quiet: { type: celTypes.bool, required: false },
    },
    body: definitions.typeOf(bodySchema, "the body"),
    identity: { claims: mapOf(string, dyn) },
    definitions,
    ...more,
  });
}

export const problemsOf = (text: string, expected: CelType = celTypes.bool, more: Partial<PolicyVariables> = {}) =>
  checkExpression(text, environment(more), expected).problems;

export function expressionOf(text: string, expected: CelType = celTypes.bool, more: Partial<PolicyVariables> = {}): ExpressionIr {
  const { expression, problems } = checkExpression(text, environment(more), expected);
  if (expression === undefined) throw new Error(problems.map(({ message, help }) => `${message} ${help}`).join("\n"));
  return expression;
}
