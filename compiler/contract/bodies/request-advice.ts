import type { BodyFormatName } from "../../ir/body.ts";
import type { JsonObject, JsonValue, SpecSource } from "../../source/source-set.ts";
import { fileAsUri, optionalWithRequired, requiredWithDefault } from "./messages.gen.ts";
import { type BodyContext, entriesOf, isObject, isSchema, resolved } from "./spec-tree.ts";

/** A media type of a request body. */
export interface AdvisedContent {
  readonly spec: SpecSource;
  /** The Media Type Object. */
  readonly media: JsonObject;
  readonly format: BodyFormatName;
}

/** Warns of what a document says of a request body, and its authors hardly mean: frameworks write it by themselves. */
export function adviseOnContent({ spec, media, format }: AdvisedContent, context: BodyContext): void {
  if (!isSchema(media.schema) || !readFormats.includes(format)) return;
  adviseOnDefaults(media.schema, spec, context);
  if (format !== "multipart") return;
  const encodings = isObject(media.encoding) ? media.encoding : {};
  for (const { name, property, holder } of propertiesOf(media.schema, spec, 0)) {
    const own = resolved(property, spec);
    const item = own?.items === undefined ? own : resolved(own.items, spec);
    const isUri = item !== undefined && (item.format === "uri" || item.format === "url");
    if (isUri && !Object.hasOwn(encodings, name)) context.sink.report(fileAsUri(context.positions.key(holder, name), { name }));
  }
}

const readFormats: readonly BodyFormatName[] = ["json", "form", "multipart", "byType"];

/** `required` of the Request Body Object is false by default, and most generators leave it out. */
export function adviseOnAbsence(body: JsonObject, spec: SpecSource, context: BodyContext): void {
  if (body.required !== undefined) return;
  for (const [, item] of entriesOf(body.content)) {
    const schema = resolved(item, spec)?.schema;
    const [name] = isSchema(schema) ? requiredNames(schema, spec, 0) : [];
    if (name === undefined) continue;
    const target = isOld(spec) ? "$..parameters[?@.in == 'body']" : "$.paths.*.*.requestBody";
    context.sink.report(optionalWithRequired(context.positions.of(body), { name, target }));
    return;
  }
}

/** A property without which the body is refused, although the document says what stands in for it. */
function adviseOnDefaults(start: JsonValue, spec: SpecSource, context: BodyContext): void {
  const waiting: (JsonValue | undefined)[] = [start];
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    const schema = resolved(next, spec);
    if (schema === undefined || context.advised.has(schema)) continue;
    context.advised.add(schema);
    const required = Array.isArray(schema.required) ? schema.required : [];
    for (const [name, property] of entriesOf(schema.properties)) {
      waiting.push(property);
      const own = resolved(property, spec);
      if (own === undefined || own.default === undefined || own.readOnly === true || !required.includes(name)) continue;
      // A single possible value is what tells alternatives apart: it has to be sent.
      if (own.const !== undefined || listOf(own.enum).length === 1) continue;
      context.sink.report(requiredWithDefault(context.positions.key(schema.properties as JsonObject, name), { name }));
    }
    for (const key of ["items", "additionalProperties"]) if (isObject(schema[key])) waiting.push(schema[key]);
    for (const key of ["allOf", "anyOf", "oneOf", "prefixItems"]) waiting.push(...listOf(schema[key]));
  }
}

interface Property {
  readonly name: string;
  readonly property: JsonValue;
  /** The object under `properties` that has it. */
  readonly holder: JsonObject;
}

function propertiesOf(schema: JsonValue, spec: SpecSource, depth: number): readonly Property[] {
  const target = resolved(schema, spec);
  if (target === undefined || depth > deepest) return [];
  const own = entriesOf(target.properties).map(([name, property]) => ({
    name,
    property,
    holder: target.properties as JsonObject,
  }));
  return [...own, ...listOf(target.allOf).flatMap((part) => propertiesOf(part, spec, depth + 1))];
}

function requiredNames(schema: JsonValue, spec: SpecSource, depth: number): readonly string[] {
  const target = resolved(schema, spec);
  if (target === undefined || depth > deepest) return [];
  const own = listOf(target.required).filter((name) => typeof name === "string");
  return [...own, ...listOf(target.allOf).flatMap((part) => requiredNames(part, spec, depth + 1))];
}

/** Of `allOf` in `allOf`. */
const deepest = 8;

const listOf = (value: JsonValue | undefined): readonly JsonValue[] => (Array.isArray(value) ? value : []);

const isOld = ({ openapi }: SpecSource): boolean => openapi.startsWith("2");
