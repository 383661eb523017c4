import type { Positions } from "../../ir/positions.ts";
import { isObject } from "./json-kind.ts";
import type { JsonObject, JsonValue } from "./source-set.ts";
import { grammar } from "./spec-grammar.ts";

/**
 * A Schema Object of OpenAPI 3.0 in the shape of 3.1 (JSON Schema 2020-12). Not done for whole documents, as most of a
 * large spec is schemas that nothing asks for. References stay as they are: their targets are converted when they are
 * followed. New objects have the positions of those they came from; a schema without 3.0 habits comes back as it is.
 */
export function schema31(schema: JsonObject, positions: Positions): JsonObject {
  const changed: { [key: string]: JsonValue } = {};
  // OpenAPI 3.0.3 §4.7.23.1: what stands beside `$ref` is ignored.
  if (typeof schema.$ref === "string") return Object.keys(schema).length === 1 ? schema : inherited({ $ref: schema.$ref }, schema, positions);
  let isChanged = false;
  for (const [key, value] of Object.entries(schema)) {
    const child = Object.hasOwn(grammar.schema.fields, key) ? grammar.schema.fields[key]! : undefined;
    const converted = child === undefined ? value : convertChild(value, child.shape, positions);
    if (converted !== value) isChanged = true;
    Object.defineProperty(changed, key, { value: converted, enumerable: true, configurable: true, writable: true });
  }
  for (const [exclusive, limit] of exclusiveLimits) {
    if (typeof schema[exclusive] !== "boolean") continue;
    isChanged = true;
    delete changed[exclusive];
    if (schema[exclusive] && schema[limit] !== undefined) {
      changed[exclusive] = schema[limit];
      delete changed[limit];
    }
  }
  if (schema.nullable !== undefined) {
    isChanged = true;
    delete changed.nullable;
    // OpenAPI 3.0.3 "nullable": only of effect where `type` stands in the same schema; and an `enum` must list null itself.
    if (schema.nullable === true && typeof schema.type === "string") changed.type = [schema.type, "null"];
  }
  return isChanged ? inherited(changed, schema, positions) : schema;
}

const exclusiveLimits = [
  ["exclusiveMinimum", "minimum"],
  ["exclusiveMaximum", "maximum"],
] as const;

function convertChild(value: JsonValue, shape: "one" | "list" | "map", positions: Positions): JsonValue {
  if (shape === "one") return isObject(value) ? schema31(value, positions) : value;
  if (Array.isArray(value)) {
    const items = value.map((item) => (isObject(item) ? schema31(item, positions) : item));
    return items.some((item, index) => item !== value[index]) ? inherited(items, value, positions) : value;
  }
  if (!isObject(value)) return value;
  const entries = Object.entries(value).map(([key, item]) => [key, isObject(item) ? schema31(item, positions) : item] as const);
  return entries.some(([key, item]) => item !== value[key]) ? inherited(Object.fromEntries(entries), value, positions) : value;
}

function inherited<Node extends object>(to: Node, from: object, positions: Positions): Node {
  positions.inherit(to, from);
  return to;
}
