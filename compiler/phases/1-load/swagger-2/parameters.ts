import type { Origin } from "../../../ir/origin.ts";
import type { Positions } from "../../../ir/positions.ts";
import { isObject } from "../../../source/json-kind.ts";
import type { JsonObject, JsonValue } from "../../../source/source-set.ts";
import { own } from "../../../text/own.ts";
import { extensions, NewNode } from "./new-node.ts";
import type { Schemas } from "./schemas.ts";

/** What a parameter, an item or a header of Swagger 2.0 shares with a schema. */
const schemaKeywords = [
  ...[
    "type",
    "format",
    "items",
    "default",
    "maximum",
    "exclusiveMaximum",
    "minimum",
    "exclusiveMinimum",
    "maxLength",
    "minLength",
  ],
  ...["pattern", "maxItems", "minItems", "uniqueItems", "enum", "multipleOf", "x-nullable"],
];

/** How a list of values is written in a place of requests or answers. */
interface Style {
  readonly style: string;
  readonly explode: boolean;
}

/** OpenAPI 3.1 §4.8.12.2 for each `collectionFormat`; what is not here cannot be said in OpenAPI 3. */
const styles: Readonly<Record<string, Readonly<Record<string, Style>>>> = {
  query: {
    csv: { style: "form", explode: false },
    ssv: { style: "spaceDelimited", explode: false },
    pipes: { style: "pipeDelimited", explode: false },
    multi: { style: "form", explode: true },
  },
  path: { csv: { style: "simple", explode: false } },
  header: { csv: { style: "simple", explode: false } },
};

/** Parameters, form fields and headers, whose schema keywords stand beside their name in Swagger 2.0. */
export class Parameters {
  readonly #positions: Positions;
  readonly #schemas: Schemas;
  /** Lists whose separator OpenAPI 3 does not have. */
  readonly unenforced: { readonly name: string; readonly format: string; readonly at: Origin }[] = [];
  readonly #converted = new Map<JsonObject, JsonObject>();

  constructor(positions: Positions, schemas: Schemas) {
    this.#positions = positions;
    this.#schemas = schemas;
  }

  /** A parameter of path, query or header. What is wrong about its name or place stays, to be reported as in OpenAPI 3. */
  parameter(written: JsonObject): JsonObject {
    const known = this.#converted.get(written);
    if (known !== undefined) return known;
    const made = new NewNode(this.#positions, written);
    made.take(written, ["name", "in", "description", "required", "allowEmptyValue", ...withoutNullable(written)]);
    if (isObject(written.schema)) made.put("schema", this.#schemas.schema(written.schema));
    else this.#described(made, written, String(written.name), typeof written.in === "string" ? written.in : "query");
    this.#converted.set(written, made.object);
    return made.object;
  }

  header(written: JsonObject, name: string): JsonObject {
    const made = new NewNode(this.#positions, written);
    made.take(written, ["description", ...withoutNullable(written)]);
    this.#described(made, written, name, "header");
    return made.object;
  }

  /** `requestBody` from a body parameter. */
  body(written: JsonObject, mediaTypes: readonly string[]): JsonObject {
    const content = new NewNode(this.#positions, written);
    const media = new NewNode(this.#positions, written);
    if (isObject(written.schema)) media.put("schema", this.#schemas.schema(written.schema));
    for (const type of mediaTypes.length > 0 ? mediaTypes : ["application/json"]) content.putFrom(type, media.object, written);
    return new NewNode(this.#positions, written)
      .take(written, ["description", "required", ...extensions(written)])
      .putFrom("content", content.object, written).object;
  }

  /** `requestBody` from the form fields of an operation. */
  form(fields: readonly JsonObject[], mediaTypes: readonly string[]): JsonObject {
    const [first] = fields as readonly [JsonObject, ...JsonObject[]];
    const properties = new NewNode(this.#positions, first);
    const encoding = new NewNode(this.#positions, first);
    const required: string[] = [];
    this.#positions.inherit(required, first);
    for (const field of fields) {
      if (typeof field.name !== "string") continue;
      const described = new NewNode(this.#positions, field);
      this.#described(described, field, field.name, "query");
      const { schema, ...how } = described.object as { readonly schema: JsonObject } & JsonObject;
      const property = new NewNode(this.#positions, field);
      // OpenAPI 3 has `allowEmptyValue` for query parameters only.
      if (field.allowEmptyValue === true)
        property.putFrom("anyOf", this.#orEmpty(schema, field), field, "allowEmptyValue").take(field, ["description"]);
      else property.take(schema, Object.keys(schema)).take(field, ["description"]);
      properties.putFrom(field.name, property.object, field, "name");
      if (how.style !== undefined) encoding.putFrom(field.name, this.#encoding(how, field), field, "name");
      if (field.required === true) {
        this.#positions.borrow(required, required.length, field, "required");
        required.push(field.name);
      }
    }
    const schema = new NewNode(this.#positions, first)
      .putFrom("type", "object", first)
      .putFrom("properties", properties.object, first);
    if (required.length > 0) schema.putFrom("required", required, first);
    const media = new NewNode(this.#positions, first).putFrom("schema", schema.object, first);
    if (!encoding.isEmpty) media.putFrom("encoding", encoding.object, first);
    const content = new NewNode(this.#positions, first);
    for (const type of formTypes(fields, mediaTypes)) content.putFrom(type, media.object, first);
    const body = new NewNode(this.#positions, first).putFrom("content", content.object, first);
    if (required.length > 0) body.putFrom("required", true, first);
    return body.object;
  }

  /** The values of a schema, and an empty one. */
  #orEmpty(schema: JsonObject, field: JsonObject): readonly JsonObject[] {
    const none: readonly JsonValue[] = [""];
    this.#positions.inherit(none, field);
    const alternatives = [schema, new NewNode(this.#positions, field).putFrom("enum", none, field).object];
    this.#positions.inherit(alternatives, field);
    return alternatives;
  }

  #encoding(how: JsonObject, field: JsonObject): JsonObject {
    const made = new NewNode(this.#positions, field);
    for (const [key, value] of Object.entries(how)) made.putFrom(key, value, field, "collectionFormat");
    return made.object;
  }

  /** Adds `schema`, and for lists `style` and `explode`. */
  #described(made: NewNode, written: JsonObject, name: string, location: string): void {
    const keywords = new NewNode(this.#positions, written).take(written, schemaKeywords);
    const list = written.type === "array";
    const format = typeof written.collectionFormat === "string" ? written.collectionFormat : "csv";
    const style = own(own(styles, location), format);
    if (list && (style === undefined || isNested(written.items))) {
      this.unenforced.push({
        name,
        format: style === undefined ? format : "a list in a list",
        at: this.#positions.value(written, "collectionFormat"),
      });
      // As text, any list passes; its items are not looked at.
      made.put("schema", new NewNode(this.#positions, written).put("type", "string").object, "type");
      return;
    }
    if (list) {
      if (isObject(written.items)) keywords.put("items", this.#items(written.items));
      made.put("style", style!.style, "collectionFormat").put("explode", style!.explode, "collectionFormat");
    }
    made.put("schema", this.#schemas.schema(keywords.object), "type");
  }

  #items(items: JsonObject): JsonObject {
    return this.#schemas.schema(
      new NewNode(this.#positions, items).take(
        items,
        Object.keys(items).filter((key) => key !== "collectionFormat"),
      ).object,
    );
  }
}

const withoutNullable = (node: JsonObject): string[] => extensions(node).filter((key) => key !== "x-nullable");

const isNested = (items: JsonValue | undefined): boolean => isObject(items) && items.type === "array";

/** Files can only be sent as multipart (RFC 7578); otherwise what the operation says, and what HTML forms do. */
function formTypes(fields: readonly JsonObject[], mediaTypes: readonly string[]): readonly string[] {
  if (fields.some(({ type }) => type === "file")) return ["multipart/form-data"];
  const own = mediaTypes.filter((type) => /^(multipart\/form-data|application\/x-www-form-urlencoded)\b/i.test(type));
  return own.length > 0 ? own : ["application/x-www-form-urlencoded"];
}
