/** The objects of OpenAPI in which a reference may stand, or through which one is reached. */
export type SpecKind =
  | "document"
  | "components"
  | "pathItem"
  | "operation"
  | "parameter"
  | "requestBody"
  | "response"
  | "header"
  | "mediaType"
  | "encoding"
  | "callback"
  | "example"
  | "link"
  | "securityScheme"
  | "schema";

/** What stands under a key: an object of a kind, a list of them, or a map of them by free names. */
export interface Child {
  readonly shape: "one" | "list" | "map";
  readonly kind: SpecKind;
}

export interface Production {
  /** What a message calls it, as OpenAPI does. */
  readonly noun: string;
  /** A Reference Object, or a schema with `$ref`, may stand in its place. */
  readonly reference: boolean;
  /** The gateway cannot route or authenticate without it. */
  readonly vital: boolean;
  readonly fields: Readonly<Record<string, Child>>;
  /** What every other key holds; without it other keys are data. */
  readonly rest?: Child;
}

export type Grammar = Readonly<Record<SpecKind, Production>>;

export const one = (kind: SpecKind): Child => ({ shape: "one", kind });
export const list = (kind: SpecKind): Child => ({ shape: "list", kind });
export const map = (kind: SpecKind): Child => ({ shape: "map", kind });
const each = <Name extends string>(child: Child, ...names: readonly Name[]): Record<string, Child> =>
  Object.fromEntries(names.map((name) => [name, child]));

/** Methods of an OpenAPI Path Item Object; `query` since 3.2. */
export const methods = ["get", "put", "post", "delete", "options", "head", "patch", "trace", "query"] as const;

const parameterFields = { schema: one("schema"), content: map("mediaType"), examples: map("example") };

/**
 * OpenAPI 3.0 to 3.2 as far as references go. Everything that is not listed (examples, defaults, enums, descriptions,
 * `x-` extensions) is data, in which a `$ref` means nothing.
 */
export const grammar: Grammar = {
  document: {
    noun: "OpenAPI document",
    reference: false,
    vital: true,
    fields: { paths: map("pathItem"), webhooks: map("pathItem"), components: one("components") },
  },
  components: {
    noun: "Components Object",
    reference: false,
    vital: false,
    fields: {
      schemas: map("schema"),
      responses: map("response"),
      parameters: map("parameter"),
      examples: map("example"),
      requestBodies: map("requestBody"),
      headers: map("header"),
      securitySchemes: map("securityScheme"),
      links: map("link"),
      callbacks: map("callback"),
      pathItems: map("pathItem"),
      mediaTypes: map("mediaType"),
    },
  },
  pathItem: {
    noun: "path item",
    reference: true,
    vital: true,
    fields: { ...each(one("operation"), ...methods), parameters: list("parameter"), additionalOperations: map("operation") },
  },
  operation: {
    noun: "operation",
    reference: false,
    vital: true,
    fields: {
      parameters: list("parameter"),
      requestBody: one("requestBody"),
      responses: map("response"),
      callbacks: map("callback"),
    },
  },
  parameter: { noun: "parameter", reference: true, vital: true, fields: parameterFields },
  requestBody: { noun: "request body", reference: true, vital: false, fields: { content: map("mediaType") } },
  response: {
    noun: "response",
    reference: true,
    vital: false,
    fields: { headers: map("header"), content: map("mediaType"), links: map("link") },
  },
  header: { noun: "header", reference: true, vital: false, fields: parameterFields },
  mediaType: {
    noun: "media type",
    reference: true,
    vital: false,
    fields: { schema: one("schema"), itemSchema: one("schema"), examples: map("example"), encoding: map("encoding") },
  },
  encoding: { noun: "encoding", reference: false, vital: false, fields: { headers: map("header") } },
  callback: { noun: "callback", reference: true, vital: false, fields: {}, rest: one("pathItem") },
  example: { noun: "example", reference: true, vital: false, fields: {} },
  link: { noun: "link", reference: true, vital: false, fields: {} },
  securityScheme: { noun: "security scheme", reference: true, vital: true, fields: {} },
  schema: {
    noun: "schema",
    reference: true,
    vital: false,
    fields: {
      ...each(map("schema"), "properties", "patternProperties", "$defs", "definitions", "dependentSchemas"),
      ...each(list("schema"), "allOf", "anyOf", "oneOf", "prefixItems"),
      ...each(one("schema"), "items", "additionalProperties", "not", "if", "then", "else", "contains", "propertyNames"),
      ...each(one("schema"), "unevaluatedItems", "unevaluatedProperties", "contentSchema", "additionalItems"),
    },
  },
};
