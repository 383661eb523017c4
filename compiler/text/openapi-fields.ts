/** The objects of OpenAPI that a reference may lead to, and whose fields are known. */
export type FieldOwner =
  | "pathItem"
  | "operation"
  | "parameter"
  | "requestBody"
  | "response"
  | "header"
  | "mediaType"
  | "encoding"
  | "schema"
  | "example"
  | "link"
  | "securityScheme";

const words = (...texts: readonly string[]): ReadonlySet<string> => new Set(texts.join(" ").split(" "));

const schemaKeywords =
  "$ref $dynamicRef $recursiveRef $recursiveAnchor $id id $anchor $dynamicAnchor $defs definitions $comment $schema $vocabulary " +
  "type enum const format minimum maximum exclusiveMinimum exclusiveMaximum multipleOf minLength maxLength pattern " +
  "items prefixItems additionalItems contains minContains maxContains minItems maxItems uniqueItems unevaluatedItems " +
  "properties patternProperties additionalProperties propertyNames required minProperties maxProperties unevaluatedProperties " +
  "dependentRequired dependentSchemas dependencies allOf anyOf oneOf not if then else " +
  "title description default deprecated readOnly writeOnly example examples externalDocs xml discriminator nullable " +
  "contentEncoding contentMediaType contentSchema collectionFormat";
const valueFields =
  "$ref summary description required deprecated allowEmptyValue style explode allowReserved schema example examples content";
/** In Swagger 2.0 parameters and headers are schemas of their own. */
const swaggerValue =
  "type format items collectionFormat default maximum exclusiveMaximum minimum exclusiveMinimum maxLength minLength pattern " +
  "maxItems minItems uniqueItems enum multipleOf";

/** Fields of OpenAPI 3.0 to 3.2 and Swagger 2.0, beside extensions. */
const fields: Readonly<Record<FieldOwner, ReadonlySet<string>>> = {
  pathItem: words(
    "$ref summary description servers parameters get put post delete options head patch trace query additionalOperations",
  ),
  operation: words(
    "tags summary description externalDocs operationId parameters requestBody responses callbacks deprecated security servers",
    "consumes produces schemes",
  ),
  parameter: words("name in", valueFields, swaggerValue),
  requestBody: words("$ref summary description content required"),
  response: words("$ref summary description headers content links schema examples"),
  header: words(valueFields, swaggerValue),
  mediaType: words("$ref schema itemSchema example examples encoding prefixEncoding itemEncoding"),
  encoding: words("contentType headers style explode allowReserved encoding prefixEncoding itemEncoding"),
  schema: words(schemaKeywords),
  example: words("$ref summary description value externalValue dataValue serializedValue"),
  link: words("$ref summary operationRef operationId parameters requestBody description server"),
  securityScheme: words(
    "$ref summary type description name in scheme bearerFormat flows openIdConnectUrl oauth2MetadataUrl deprecated",
    "flow authorizationUrl tokenUrl scopes",
  ),
};

/** Whether an object of that kind has such a field, or may have it as an extension. */
export const isFieldOf = (kind: string, key: string): boolean =>
  key.startsWith("x-") || !Object.hasOwn(fields, kind) || fields[kind as FieldOwner].has(key);
