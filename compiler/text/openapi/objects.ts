import { documented, enforced, type OpenapiObject, only20, only30, since30, since31, since32, used, warned } from "./field.ts";
import { schemaKeywords, swaggerValueFields } from "./schema-keywords.ts";

const described = { description: documented() };
const summarised = { summary: documented("", since30), description: documented("", since30) };

/** What parameters and headers of OpenAPI 3 have in common. */
const value = {
  description: documented(),
  required: enforced(),
  deprecated: documented("", since30),
  style: used("of other places: `parameters/style-not-allowed`", since30),
  explode: used("", since30),
  schema: enforced("what a style cannot write: `parameters/unenforced-parameter`"),
  content: enforced("", since30),
  example: documented("", since30),
  examples: documented("", since30),
};

const notARequest = "describes what others send, not requests to the gateway";
const stream = "`load/newer-openapi`: items of a stream are not looked at";

/** Every object of OpenAPI 2.0 to 3.2 and what becomes of each of its fields; `x-` extensions are apart. */
export const openapiObjects = {
  document: {
    noun: "OpenAPI Object",
    fields: {
      swagger: used("", only20),
      openapi: used("", since30),
      $self: used("the address that references to this document have", since32),
      info: documented(),
      jsonSchemaDialect: used("another dialect: `schemas/other-dialect`", since31),
      servers: used("the path of the first one is put before paths of the service, unless `servicePath` says otherwise", since30),
      host: documented("", only20),
      basePath: used("as the path of `servers`", only20),
      schemes: documented("", only20),
      consumes: enforced("", only20),
      produces: enforced("", only20),
      paths: used(),
      webhooks: documented(notARequest, since31),
      components: used("", since30),
      definitions: used("", only20),
      parameters: used("", only20),
      responses: used("", only20),
      securityDefinitions: used("", only20),
      security: enforced(),
      tags: documented(),
      externalDocs: documented(),
    },
  },
  info: {
    noun: "Info Object",
    fields: {
      title: documented(),
      summary: documented("", since31),
      description: documented(),
      termsOfService: documented(),
      contact: documented(),
      license: documented(),
      version: documented("versions of an API are named in `gateway.yaml`"),
    },
  },
  contact: { noun: "Contact Object", fields: { name: documented(), url: documented(), email: documented() } },
  license: {
    noun: "License Object",
    fields: { name: documented(), identifier: documented("", since31), url: documented() },
  },
  server: {
    noun: "Server Object",
    fields: {
      url: used("without a scheme: `load/server-url`", since30),
      description: documented("", since30),
      name: documented("", since32),
      variables: used("undeclared: `load/server-variable`", since30),
    },
  },
  serverVariable: {
    noun: "Server Variable Object",
    fields: {
      enum: used("a `default` outside of it: `load/server-variable`", since30),
      default: used("", since30),
      description: documented("", since30),
    },
  },
  components: {
    noun: "Components Object",
    fields: {
      schemas: used("", since30),
      responses: used("", since30),
      parameters: used("", since30),
      examples: documented("", since30),
      requestBodies: used("", since30),
      headers: used("", since30),
      securitySchemes: used("", since30),
      links: documented("", since30),
      callbacks: documented(notARequest, since30),
      pathItems: used("", since31),
      mediaTypes: used("", since32),
    },
  },
  pathItem: {
    noun: "Path Item Object",
    fields: {
      $ref: used(),
      ...summarised,
      servers: used("before those of the document; at another host: `link/other-server`", since30),
      parameters: enforced(),
      get: used("answers HEAD too"),
      put: used(),
      post: used(),
      delete: used(),
      options: used(),
      head: used(),
      patch: used(),
      trace: used("", since30),
      query: used("", since32),
      additionalOperations: used("", since32),
    },
  },
  operation: {
    noun: "Operation Object",
    fields: {
      tags: used("policy files select by them"),
      summary: documented(),
      description: documented(),
      externalDocs: documented(),
      operationId: used("policy files select by it; repeated: `link/duplicate-operation-id`"),
      consumes: enforced("", only20),
      produces: enforced("", only20),
      parameters: enforced(),
      requestBody: enforced("none declared: `validate: { unknownBody: … }`", since30),
      responses: enforced("`validate: { response: … }`"),
      callbacks: documented(notARequest, since30),
      schemes: documented("", only20),
      deprecated: documented(),
      security: enforced(),
      servers: used("before those of the path; at another host: `link/other-server`", since30),
    },
  },
  externalDocs: { noun: "External Documentation Object", fields: { description: documented(), url: documented() } },
  parameter: {
    noun: "Parameter Object",
    fields: {
      name: used(),
      in: used("`querystring`: `load/newer-openapi`"),
      ...value,
      allowEmptyValue: enforced("of query parameters and form fields; elsewhere `parameters/allow-empty-value`"),
      allowReserved: used("of query parameters", since30),
      ...swaggerValueFields,
    },
  },
  items: {
    noun: "Items Object",
    fields: {
      ...swaggerValueFields,
      collectionFormat: warned("`load/collection-format`: lists in lists cannot be written", only20),
    },
  },
  requestBody: {
    noun: "Request Body Object",
    fields: { description: documented("", since30), content: enforced("", since30), required: enforced("", since30) },
  },
  mediaType: {
    noun: "Media Type Object",
    fields: {
      description: documented("", since32),
      schema: enforced("what is not read: `bodies/unenforced-content`, `bodies/unenforced-range`", since30),
      itemSchema: warned(stream, since32),
      example: documented("", since30),
      examples: documented("", since30),
      encoding: used("of forms; of a property that is not there: `bodies/unknown-encoding`", since30),
      prefixEncoding: warned(stream, since32),
      itemEncoding: warned(stream, since32),
    },
  },
  encoding: {
    noun: "Encoding Object",
    fields: {
      contentType: enforced("of the parts of multipart forms", since30),
      headers: enforced("of the parts of multipart forms", since30),
      style: used(
        "of multipart forms since 3.1, before `bodies/ignored-encoding`; what it cannot write: `bodies/unreadable-field`",
        since30,
      ),
      explode: used("", since30),
      allowReserved: used("read either way", since30),
      encoding: warned("`load/newer-openapi`: parts of parts are not looked at", since32),
      prefixEncoding: warned(stream, since32),
      itemEncoding: warned(stream, since32),
    },
  },
  responses: {
    noun: "Responses Object",
    isMap: true,
    fields: { default: enforced("`validate: { response: … }`") },
  },
  response: {
    noun: "Response Object",
    fields: {
      summary: documented("", since32),
      description: documented(),
      schema: enforced("", only20),
      headers: enforced("what is not read: `bodies/unenforced-header`"),
      examples: documented("", only20),
      content: enforced("", since30),
      links: documented(notARequest, since30),
    },
  },
  header: {
    noun: "Header Object",
    fields: {
      ...value,
      required: enforced("", since30),
      schema: enforced("", since30),
      allowEmptyValue: documented("of query parameters only", only30),
      allowReserved: documented("of query parameters only", only30),
      ...swaggerValueFields,
    },
  },
  example: {
    noun: "Example Object",
    fields: {
      ...summarised,
      dataValue: documented("", since32),
      serializedValue: documented("", since32),
      value: documented("", since30),
      externalValue: documented("", since30),
    },
  },
  link: {
    noun: "Link Object",
    fields: {
      operationRef: documented("", since30),
      operationId: documented("", since30),
      parameters: documented("", since30),
      requestBody: documented("", since30),
      description: documented("", since30),
      server: documented("", since30),
    },
  },
  tag: {
    noun: "Tag Object",
    fields: {
      name: documented("policy files select by the `tags` of operations"),
      summary: documented("", since32),
      description: documented(),
      externalDocs: documented(),
      parent: documented("does not inherit policies", since32),
      kind: documented("", since32),
    },
  },
  reference: {
    noun: "Reference Object",
    fields: { $ref: used(), summary: documented("", since31), description: documented("", since31) },
  },
  schema: { noun: "Schema Object", fields: schemaKeywords },
  discriminator: {
    noun: "Discriminator Object",
    fields: {
      propertyName: enforced("", since30),
      mapping: enforced("", since30),
      defaultMapping: warned("`load/newer-openapi`: another value is refused, or judged by the alternatives", since32),
    },
  },
  xml: {
    noun: "XML Object",
    fields: {
      name: documented(),
      namespace: documented(),
      prefix: documented(),
      attribute: documented(),
      wrapped: documented(),
      nodeType: documented("", since32),
    },
  },
  securityScheme: {
    noun: "Security Scheme Object",
    fields: {
      type: used("a provider of `gateway.yaml` implements it"),
      ...described,
      name: used(),
      in: used(),
      scheme: used("", since30),
      bearerFormat: documented("", since30),
      flows: documented("clients get their tokens elsewhere", since30),
      flow: documented("", only20),
      authorizationUrl: documented("", only20),
      tokenUrl: documented("", only20),
      scopes: documented("", only20),
      openIdConnectUrl: documented("providers name their issuer in `gateway.yaml`", since30),
      oauth2MetadataUrl: documented("providers name their issuer in `gateway.yaml`", since32),
      deprecated: documented("", since32),
    },
  },
  oauthFlows: {
    noun: "OAuth Flows Object",
    fields: {
      implicit: documented("", since30),
      password: documented("", since30),
      clientCredentials: documented("", since30),
      authorizationCode: documented("", since30),
      deviceAuthorization: documented("", since32),
    },
  },
  oauthFlow: {
    noun: "OAuth Flow Object",
    fields: {
      authorizationUrl: documented("", since30),
      deviceAuthorizationUrl: documented("", since32),
      tokenUrl: documented("", since30),
      refreshUrl: documented("", since30),
      scopes: documented("", since30),
    },
  },
} as const satisfies Readonly<Record<string, OpenapiObject>>;

export type OpenapiObjectName = keyof typeof openapiObjects;
