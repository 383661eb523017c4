import type { OpenapiObjectName } from "../text/openapi/objects.ts";

/** Kinds of OpenAPI objects that may hold, or stand behind, a reference. */
export type Kind =
  | Extract<
      OpenapiObjectName,
      "pathItem" | "operation" | "parameter" | "requestBody" | "response" | "header" | "mediaType" | "encoding" | "schema"
    >
  | Extract<OpenapiObjectName, "example" | "link" | "securityScheme">
  | "callback";

/** How the value of a field holds objects of a kind: itself, in a list, or by name. */
export interface Child {
  readonly kind: Kind;
  readonly as: "one" | "list" | "map";
}

const one = (kind: Kind): Child => ({ kind, as: "one" });
const list = (kind: Kind): Child => ({ kind, as: "list" });
const map = (kind: Kind): Child => ({ kind, as: "map" });

const fields = (child: Child, names: string): Record<string, Child> =>
  Object.fromEntries(names.split(" ").map((name) => [name, child]));

const described: Readonly<Record<string, Child>> = { schema: one("schema"), content: map("mediaType"), examples: map("example") };

/** Fields that hold further objects; all others are plain data and copied as they are. OpenAPI 3.1 §4.8. */
export const children: Readonly<Record<Kind, Readonly<Record<string, Child>>>> = {
  pathItem: {
    ...fields(one("operation"), "get put post delete options head patch trace query"),
    additionalOperations: map("operation"),
    parameters: list("parameter"),
  },
  operation: {
    parameters: list("parameter"),
    requestBody: one("requestBody"),
    responses: map("response"),
    callbacks: map("callback"),
  },
  parameter: described,
  header: described,
  requestBody: { content: map("mediaType") },
  response: { headers: map("header"), content: map("mediaType"), links: map("link") },
  mediaType: { schema: one("schema"), itemSchema: one("schema"), examples: map("example"), encoding: map("encoding") },
  encoding: { headers: map("header") },
  schema: {
    ...fields(map("schema"), "properties patternProperties dependentSchemas $defs definitions"),
    ...fields(list("schema"), "allOf anyOf oneOf prefixItems"),
    ...fields(
      one("schema"),
      "items additionalProperties not if then else contains propertyNames unevaluatedItems unevaluatedProperties contentSchema",
    ),
  },
  example: {},
  link: {},
  // Every field of a callback is a path item, whatever its name; see the walk.
  callback: {},
  securityScheme: {},
};

/** Where `components` keeps objects of a kind; the others cannot be referred to, and are put in place. */
export const sections: Readonly<Partial<Record<Kind, string>>> = {
  parameter: "parameters",
  requestBody: "requestBodies",
  response: "responses",
  header: "headers",
  schema: "schemas",
  example: "examples",
  link: "links",
  callback: "callbacks",
  securityScheme: "securitySchemes",
};
