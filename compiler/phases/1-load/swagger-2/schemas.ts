import type { Positions } from "../../../ir/positions.ts";
import { isObject } from "../../../source/json-kind.ts";
import { lowerLimits } from "../../../source/schema-31.ts";
import type { JsonObject, JsonValue } from "../../../source/source-set.ts";
import { grammar } from "../../../source/spec-grammar.ts";
import { NewNode } from "./new-node.ts";

/** Makes the reference in the OpenAPI 3 shape for one as it was written. */
export type Reference = (node: JsonObject) => JsonObject;

/** Schema Objects of Swagger 2.0 (JSON Schema draft 4 and its own keywords) in the shape of OpenAPI 3.1. */
export class Schemas {
  readonly #positions: Positions;
  readonly #reference: Reference;
  readonly #converted = new Map<JsonObject, JsonObject>();

  constructor(positions: Positions, reference: Reference) {
    this.#positions = positions;
    this.#reference = reference;
  }

  /** The same object for the same schema; the schema itself where it needs no change. */
  schema(schema: JsonObject): JsonObject {
    const known = this.#converted.get(schema);
    if (known !== undefined) return known;
    const converted = typeof schema.$ref === "string" ? this.#reference(schema) : this.#keywords(schema);
    this.#converted.set(schema, converted);
    return converted;
  }

  #keywords(schema: JsonObject): JsonObject {
    const changed: { [key: string]: JsonValue } = {};
    let isChanged = false;
    for (const [key, value] of Object.entries(schema)) {
      const child = Object.hasOwn(grammar.schema.fields, key) ? grammar.schema.fields[key] : undefined;
      const converted = child === undefined ? value : child.shape === "one" ? this.#value(value) : this.#values(value);
      if (converted !== value) isChanged = true;
      Object.defineProperty(changed, key, { value: converted, enumerable: true, configurable: true, writable: true });
    }
    if (lowerLimits(schema, changed)) isChanged = true;
    if (this.#ownKeywords(schema, changed)) isChanged = true;
    if (!isChanged) return schema;
    this.#positions.inherit(changed, schema);
    return changed;
  }

  #ownKeywords(schema: JsonObject, changed: { [key: string]: JsonValue }): boolean {
    let isChanged = false;
    if (schema.type === "file") {
      isChanged = true;
      changed.type = "string";
      changed.format = "binary";
    }
    // Without a type there is nothing that null could be added to: the extension stays what it is, a note.
    if (schema["x-nullable"] === true && typeof schema.type === "string") {
      isChanged = true;
      delete changed["x-nullable"];
      changed.type = [changed.type as string, "null"];
      // Unlike `nullable`, the extension has always meant that null is one more value.
      if (Array.isArray(schema.enum) && !schema.enum.includes(null)) changed.enum = this.#withNull(schema.enum);
    }
    if (typeof schema.discriminator === "string") {
      isChanged = true;
      changed.discriminator = new NewNode(this.#positions, schema).put(
        "propertyName",
        schema.discriminator,
        "discriminator",
      ).object;
    }
    return isChanged;
  }

  #withNull(values: readonly JsonValue[]): JsonValue {
    const extended = [...values, null];
    this.#positions.inherit(extended, values);
    return extended;
  }

  #value(value: JsonValue): JsonValue {
    // Draft 4 has a list of schemas here too, for the first items; Swagger 2.0 leaves that out, and nobody could mean it.
    return isObject(value) ? this.schema(value) : value;
  }

  #values(value: JsonValue): JsonValue {
    if (Array.isArray(value)) {
      const items = value.map((item) => this.#value(item));
      if (items.every((item, index) => item === value[index])) return value;
      this.#positions.inherit(items, value);
      return items;
    }
    if (!isObject(value)) return value;
    const entries = Object.entries(value).map(([key, item]) => [key, this.#value(item)] as const);
    if (entries.every(([key, item]) => item === value[key])) return value;
    const values = Object.fromEntries(entries);
    this.#positions.inherit(values, value);
    return values;
  }
}
