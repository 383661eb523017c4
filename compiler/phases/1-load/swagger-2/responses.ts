import type { Positions } from "../../../ir/positions.ts";
import { isObject } from "../../../source/json-kind.ts";
import type { JsonObject } from "../../../source/source-set.ts";
import { extensions, NewNode } from "./new-node.ts";
import type { Parameters } from "./parameters.ts";
import type { Schemas } from "./schemas.ts";

/** Response Objects: one schema for all media types that the operation produces. */
export class Responses {
  readonly #positions: Positions;
  readonly #schemas: Schemas;
  readonly #parameters: Parameters;
  readonly #converted = new Map<string, Map<JsonObject, JsonObject>>();

  constructor(positions: Positions, schemas: Schemas, parameters: Parameters) {
    this.#positions = positions;
    this.#schemas = schemas;
    this.#parameters = parameters;
  }

  response(written: JsonObject, mediaTypes: readonly string[]): JsonObject {
    const key = mediaTypes.join("\n");
    let converted = this.#converted.get(key);
    if (converted === undefined) this.#converted.set(key, (converted = new Map()));
    let made = converted.get(written);
    if (made === undefined) converted.set(written, (made = this.#response(written, mediaTypes)));
    return made;
  }

  #response(written: JsonObject, mediaTypes: readonly string[]): JsonObject {
    const made = new NewNode(this.#positions, written).take(written, ["description", ...extensions(written)]);
    if (isObject(written.headers)) {
      const headers = new NewNode(this.#positions, written.headers);
      for (const [name, header] of Object.entries(written.headers))
        headers.put(name, isObject(header) ? this.#parameters.header(header, name) : header);
      made.put("headers", headers.object);
    } else made.take(written, ["headers"]);
    if (isObject(written.schema)) {
      const content = new NewNode(this.#positions, written);
      const schema = this.#schemas.schema(written.schema);
      const examples = isObject(written.examples) ? written.examples : {};
      const otherwise = written.schema.type === "file" ? "application/octet-stream" : "application/json";
      for (const type of mediaTypes.length > 0 ? mediaTypes : [otherwise]) {
        const media = new NewNode(this.#positions, written).put("schema", schema);
        if (Object.hasOwn(examples, type)) media.putFrom("example", examples[type]!, examples, type);
        content.putFrom(type, media.object, written, "schema");
      }
      made.put("content", content.object, "schema");
    }
    return made.object;
  }
}
