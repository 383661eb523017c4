import type { Positions } from "../ir/positions.ts";
import { isObject } from "./json-kind.ts";
import type { JsonObject, JsonValue } from "./source-set.ts";
import { grammar } from "./spec-grammar.ts";

/**
 * A Schema Object of OpenAPI 3.0 in the shape of 3.1 (JSON Schema 2020-12). Not done for whole documents, as most of a
 * large spec is schemas that nothing asks for. References stay as they are: their targets are converted when they are
 * followed, and what stands beside them was taken away at loading where the version of OpenAPI ignores it. New objects
 * have the positions of those they came from; a schema without 3.0 habits comes back as it is.
 */
export function schema31(schema: JsonObject, positions: Positions, nulls: NullReading): JsonObject {
  const changed: { [key: string]: JsonValue } = {};
  let isChanged = false;
  for (const [key, value] of Object.entries(schema)) {
    const child = Object.hasOwn(grammar.schema.fields, key) ? grammar.schema.fields[key]! : undefined;
    const converted = child === undefined ? value : convertChild(value, child.shape, positions, nulls);
    if (converted !== value) isChanged = true;
    Object.defineProperty(changed, key, { value: converted, enumerable: true, configurable: true, writable: true });
  }
  if (lowerLimits(schema, changed)) isChanged = true;
  if (schema.nullable !== undefined) {
    isChanged = true;
    delete changed.nullable;
    if (schema.nullable === true) allowNull(schema, changed, positions, nulls);
  }
  // Alternatives that were made of the schema itself have its place.
  if (schema.nullable === true && Array.isArray(changed.anyOf)) {
    for (const made of [changed.anyOf, ...changed.anyOf.filter(isObject)]) positions.inherit(made, schema);
  }
  return isChanged ? inherited(changed, schema, positions) : schema;
}

/** What `nullable` means beside an `enum` that does not list null. */
export interface NullReading {
  /** Null is one more value. */
  readonly allowsInEnum: boolean;
  /** Hears of each such schema, maybe several times. */
  found(schema: JsonObject): void;
}

/** Draft 4 and OpenAPI 3.0 say with a boolean that a limit is exclusive; whether there were any such. */
export function lowerLimits(schema: JsonObject, changed: { [key: string]: JsonValue }): boolean {
  let isChanged = false;
  for (const [exclusive, limit] of exclusiveLimits) {
    if (typeof schema[exclusive] !== "boolean") continue;
    isChanged = true;
    delete changed[exclusive];
    if (schema[exclusive] && schema[limit] !== undefined) {
      changed[exclusive] = schema[limit];
      delete changed[limit];
    }
  }
  return isChanged;
}

/**
 * OpenAPI 3.0.3 "nullable": it has an effect only where `type` stands in the same schema, but the specs that have it beside
 * `allOf`, `anyOf` or `oneOf` mean that the whole may be null, and their services send it; so that is how it is read. An
 * `enum` must list null itself, which documents from before that clarification do not do.
 */
function allowNull(written: JsonObject, schema: { [key: string]: JsonValue }, positions: Positions, nulls: NullReading): void {
  const listed = schema.enum;
  if (Array.isArray(listed) && !listed.includes(null)) {
    nulls.found(written);
    if (nulls.allowsInEnum) schema.enum = inherited([...listed, null], listed, positions);
  }
  if (!combinators.some((key) => schema[key] !== undefined)) {
    if (typeof schema.type === "string" && schema.type !== "null") schema.type = [schema.type, "null"];
    return;
  }
  const whole = { ...schema };
  for (const key of Object.keys(schema)) if (key !== "readOnly" && key !== "writeOnly") delete schema[key];
  schema.anyOf = [{ type: "null" }, whole];
}

const combinators = ["allOf", "anyOf", "oneOf", "not"];

const exclusiveLimits = [
  ["exclusiveMinimum", "minimum"],
  ["exclusiveMaximum", "maximum"],
] as const;

function convertChild(value: JsonValue, shape: "one" | "list" | "map", positions: Positions, nulls: NullReading): JsonValue {
  const convert = (schema: JsonObject): JsonObject => schema31(schema, positions, nulls);
  if (shape === "one") return isObject(value) ? convert(value) : value;
  if (Array.isArray(value)) {
    const items = value.map((item) => (isObject(item) ? convert(item) : item));
    return items.some((item, index) => item !== value[index]) ? inherited(items, value, positions) : value;
  }
  if (!isObject(value)) return value;
  const entries = Object.entries(value).map(([key, item]) => [key, isObject(item) ? convert(item) : item] as const);
  return entries.some(([key, item]) => item !== value[key]) ? inherited(Object.fromEntries(entries), value, positions) : value;
}

function inherited<Node extends object>(to: Node, from: object, positions: Positions): Node {
  positions.inherit(to, from);
  return to;
}
