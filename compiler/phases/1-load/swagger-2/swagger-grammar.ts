import { type Child, type Grammar, grammar, list, map, one } from "../../../source/spec-grammar.ts";

const operation = one("operation");

/** Swagger 2.0 as far as references go; only what differs from OpenAPI 3. */
export const swaggerGrammar: Grammar = {
  ...grammar,
  document: {
    ...grammar.document,
    noun: "Swagger document",
    fields: {
      paths: map("pathItem"),
      definitions: map("schema"),
      parameters: map("parameter"),
      responses: map("response"),
      securityDefinitions: map("securityScheme"),
    },
  },
  pathItem: {
    ...grammar.pathItem,
    fields: {
      ...Object.fromEntries(
        ["get", "put", "post", "delete", "options", "head", "patch"].map((method): [string, Child] => [method, operation]),
      ),
      parameters: list("parameter"),
    },
  },
  operation: { ...grammar.operation, fields: { parameters: list("parameter"), responses: map("response") } },
  parameter: { ...grammar.parameter, fields: { schema: one("schema") } },
  response: { ...grammar.response, fields: { schema: one("schema"), headers: map("header") } },
  header: { ...grammar.header, fields: {} },
};
