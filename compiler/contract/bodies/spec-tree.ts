import type { DiagnosticSink } from "../../diagnostics/sink.ts";
import type { MessageViews } from "../../ir/body.ts";
import type { Positions } from "../../ir/positions.ts";
import type { JsonSchema } from "../../ir/schema.ts";
import type { JsonObject, JsonValue, SpecSource } from "../../source/source-set.ts";

/** Who writes a body: the views of SchemaTable. */
export type BodyView = MessageViews["request" | "response"];

/** Where the schemas of bodies go: SchemaTable, bound to a scope. */
export interface BodySchemas {
  /** Id of a schema as it is written; `name` is a hint for it: `createOrder.body`. */
  add(spec: SpecSource, schema: JsonValue, name: string, view: BodyView): string;
  get(id: string): JsonSchema | undefined;
}

export interface BodyContext {
  readonly positions: Positions;
  readonly sink: DiagnosticSink;
  readonly schemas: BodySchemas;
  /** Schemas of request bodies whose authors were advised: many bodies share them. */
  readonly advised: WeakSet<JsonObject>;
}

/** One operation of a spec in the shape of OpenAPI 3.1. */
export interface BodyOwner {
  readonly spec: SpecSource;
  readonly operation: JsonObject;
  /** For ids of schemas: the operationId. */
  readonly name: string;
}

export const isObject = (value: JsonValue | undefined): value is JsonObject =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** The object itself, or the one that its `$ref` leads to; undefined where that was reported broken. */
export const resolved = (node: JsonValue | undefined, spec: SpecSource): JsonObject | undefined =>
  isObject(node) ? (typeof node.$ref === "string" ? spec.resolve(node) : node) : undefined;

export const entriesOf = (value: JsonValue | undefined): readonly (readonly [string, JsonValue])[] =>
  isObject(value) ? Object.entries(value) : [];

export const isSchema = (value: JsonValue | undefined): value is JsonObject | boolean =>
  typeof value === "boolean" || isObject(value);
