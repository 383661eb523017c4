import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import type { OpenapiVersion } from "../../compiler/text/openapi/field.ts";
import type { OpenapiObjectName } from "../../compiler/text/openapi/objects.ts";

/** A JSON Schema as far as it says which keys an object has. */
interface ObjectSchema {
  readonly $ref?: string;
  readonly properties?: Readonly<Record<string, unknown>>;
  readonly patternProperties?: Readonly<Record<string, unknown>>;
  readonly allOf?: readonly ObjectSchema[];
  readonly anyOf?: readonly ObjectSchema[];
  readonly oneOf?: readonly ObjectSchema[];
  readonly if?: ObjectSchema;
  readonly then?: ObjectSchema;
  readonly else?: ObjectSchema;
  readonly dependentSchemas?: Readonly<Record<string, ObjectSchema>>;
}

/** Where the official schema of each version describes an object, as pointers; `""` is the document. */
const places: Readonly<Record<OpenapiVersion, Partial<Record<OpenapiObjectName, readonly string[]>>>> = {
  "2.0": {
    document: [""],
    info: ["/definitions/info"],
    contact: ["/definitions/contact"],
    license: ["/definitions/license"],
    pathItem: ["/definitions/pathItem"],
    operation: ["/definitions/operation"],
    externalDocs: ["/definitions/externalDocs"],
    parameter: ["/definitions/bodyParameter", "/definitions/nonBodyParameter"],
    items: ["/definitions/primitivesItems"],
    responses: ["/definitions/responses"],
    response: ["/definitions/response"],
    header: ["/definitions/header"],
    tag: ["/definitions/tag"],
    reference: ["/definitions/jsonReference"],
    schema: ["/definitions/schema", "/definitions/fileSchema"],
    xml: ["/definitions/xml"],
    securityScheme: [
      "/definitions/basicAuthenticationSecurity",
      "/definitions/apiKeySecurity",
      ...["Implicit", "Password", "Application", "AccessCode"].map((flow) => `/definitions/oauth2${flow}Security`),
    ],
  },
  "3.0": {
    document: [""],
    info: ["/definitions/Info"],
    contact: ["/definitions/Contact"],
    license: ["/definitions/License"],
    server: ["/definitions/Server"],
    serverVariable: ["/definitions/ServerVariable"],
    components: ["/definitions/Components"],
    pathItem: ["/definitions/PathItem"],
    operation: ["/definitions/Operation"],
    externalDocs: ["/definitions/ExternalDocumentation"],
    parameter: ["/definitions/Parameter"],
    requestBody: ["/definitions/RequestBody"],
    mediaType: ["/definitions/MediaType"],
    encoding: ["/definitions/Encoding"],
    responses: ["/definitions/Responses"],
    response: ["/definitions/Response"],
    header: ["/definitions/Header"],
    example: ["/definitions/Example"],
    link: ["/definitions/Link"],
    tag: ["/definitions/Tag"],
    reference: ["/definitions/Reference"],
    schema: ["/definitions/Schema", "/definitions/Reference"],
    discriminator: ["/definitions/Discriminator"],
    xml: ["/definitions/XML"],
    securityScheme: ["/definitions/SecurityScheme"],
    oauthFlows: ["/definitions/OAuthFlows"],
    oauthFlow: ["Implicit", "Password"]
      .map((flow) => `/definitions/${flow}OAuthFlow`)
      .concat("/definitions/ClientCredentialsFlow", "/definitions/AuthorizationCodeOAuthFlow"),
  },
  "3.1": since31("3.1"),
  "3.2": since31("3.2"),
};

function since31(version: "3.1" | "3.2"): Partial<Record<OpenapiObjectName, readonly string[]>> {
  const at = (name: string): readonly string[] => [`/$defs/${name}`];
  const flows = ["implicit", "password", "client-credentials", "authorization-code"];
  return {
    document: [""],
    info: at("info"),
    contact: at("contact"),
    license: at("license"),
    server: at("server"),
    serverVariable: at("server-variable"),
    components: at("components"),
    pathItem: at("path-item"),
    operation: at("operation"),
    externalDocs: at("external-documentation"),
    parameter: at("parameter"),
    requestBody: at("request-body"),
    mediaType: at("media-type"),
    encoding: at("encoding"),
    responses: at("responses"),
    response: at("response"),
    header: at("header"),
    example: at("example"),
    link: at("link"),
    tag: at("tag"),
    reference: at("reference"),
    securityScheme: at("security-scheme"),
    oauthFlows: at("oauth-flows"),
    oauthFlow: [...flows, ...(version === "3.2" ? ["device-authorization"] : [])].map(
      (flow) => `/$defs/oauth-flows/$defs/${flow}`,
    ),
  };
}

/** OpenAPI 3.1 §4.8.24 and 3.2 §4.24: fixed fields beside the vocabularies of JSON Schema 2020-12. */
const baseVocabulary = ["discriminator", "xml", "externalDocs", "example"];

const resolve = createRequire(import.meta.url).resolve;

/** The official schema of a version, of the package that carries all of them. */
const officialSchema = (version: OpenapiVersion): ObjectSchema =>
  read(join(dirname(resolve("@seriousme/openapi-schema-validator/package.json")), `schemas/v${version}/schema.json`));

const read = (path: string): ObjectSchema => JSON.parse(readFileSync(path, "utf8")) as ObjectSchema;

/** What the OpenAPI Initiative's schema of a version lists: names of fields by object. */
export function officialFields(version: OpenapiVersion): ReadonlyMap<OpenapiObjectName, ReadonlySet<string>> {
  const root = officialSchema(version);
  const listed = new Map<OpenapiObjectName, ReadonlySet<string>>();
  for (const [name, pointers] of Object.entries(places[version]) as [OpenapiObjectName, readonly string[]][]) {
    const keys = new Set<string>();
    for (const pointer of pointers) gather(at(root, pointer), root, keys);
    listed.set(name, keys);
  }
  if (version === "3.1" || version === "3.2") listed.set("schema", vocabularyKeywords());
  return listed;
}

/** Keywords of JSON Schema 2020-12, as its meta-schemas list them. */
function vocabularyKeywords(): ReadonlySet<string> {
  const folder = join(dirname(resolve("ajv/package.json")), "dist/refs/json-schema-2020-12");
  const keys = new Set(baseVocabulary);
  const names = ["core", "applicator", "unevaluated", "validation", "meta-data", "format-annotation", "content"];
  for (const path of ["schema.json", ...names.map((name) => `meta/${name}.json`)])
    for (const key of Object.keys(read(join(folder, path)).properties ?? {})) keys.add(key);
  return keys;
}

/** The keys that a schema gives an object, through everything that applies to the same object. */
function gather(schema: ObjectSchema, root: ObjectSchema, keys: Set<string>): void {
  for (const key of Object.keys(schema.properties ?? {})) keys.add(key);
  // `^(get|put|…)$`: names, written as a pattern.
  for (const pattern of Object.keys(schema.patternProperties ?? {})) {
    for (const part of pattern.split("|").map((each) => each.replaceAll(/[\^()\\]|\$$/g, "")))
      if (/^\$?[a-z][A-Za-z]*$/.test(part)) keys.add(part.replace(/(?<=.)\$$/, ""));
  }
  const parts = [
    ...(schema.allOf ?? []),
    ...(schema.anyOf ?? []),
    ...(schema.oneOf ?? []),
    schema.if,
    schema.then,
    schema.else,
    ...Object.values(schema.dependentSchemas ?? {}),
    schema.$ref?.startsWith("#/") === true ? at(root, schema.$ref.slice(1)) : undefined,
  ];
  for (const part of parts) if (part !== undefined) gather(part, root, keys);
}

function at(root: ObjectSchema, pointer: string): ObjectSchema {
  let node: unknown = root;
  for (const token of pointer.split("/").slice(1)) node = (node as Readonly<Record<string, unknown>>)[token];
  if (typeof node !== "object" || node === null) throw new Error(`the official schema has nothing at ${pointer}`);
  return node as ObjectSchema;
}
