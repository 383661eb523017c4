import type { FieldIr, MediaRangeIr } from "../../ir/body.ts";
import { type ParameterShape, textShape } from "../../ir/parameter.ts";
import type { JsonObject, JsonValue, SpecSource } from "../../source/source-set.ts";
import { own } from "../../text/own.ts";
import { carried } from "../parameters/serialisation.ts";
import { linkHeaders } from "./link-headers.ts";
import { parseRange } from "./media-range.ts";
import { ignoredEncoding, unknownEncoding, unreadableField } from "./messages.gen.ts";
import { type BodyContext, type BodyView, entriesOf, isObject, resolved } from "./spec-tree.ts";
import { streamedFiles } from "./streamed-files.ts";

export interface FieldOwner {
  readonly spec: SpecSource;
  /** The Media Type Object. */
  readonly media: JsonObject;
  readonly shape: ParameterShape;
  readonly format: "form" | "multipart";
  /** For ids of schemas. */
  readonly name: string;
  readonly view: BodyView;
}

/** How each property of a form is written: `encoding`, and its defaults (OpenAPI 3.1 §4.8.15). */
export function linkFields(
  owner: FieldOwner,
  context: BodyContext,
): { readonly fields: { readonly [name: string]: FieldIr }; readonly additional?: FieldIr } {
  const { media, shape, spec } = owner;
  const encodings = isObject(media.encoding) ? media.encoding : {};
  const properties = shape.properties ?? {};
  for (const [name] of entriesOf(encodings)) {
    if (!Object.hasOwn(properties, name) && shape.additional === undefined) {
      context.sink.report(unknownEncoding(context.positions.key(encodings, name), { name }));
    }
  }
  const binary = new Set<string>();
  findBinary(media.schema, spec, binary, 0);
  const files = owner.format === "multipart" ? streamedFiles(media.schema, spec) : new Map<string, number>();
  const names = new Set([...Object.keys(properties), ...Object.keys(encodings)]);
  const fields = [...names].map((name) => {
    const inner = own(properties, name) ?? shape.additional ?? textShape;
    const field = linkField(name, inner, resolved(own(encodings, name), spec), binary.has(name), owner, context);
    const streams = field.as === "binary" ? files.get(name) : undefined;
    return [name, streams === undefined ? field : { ...field, streams }] as const;
  });
  const additional =
    shape.additional === undefined ? undefined : linkField("*", shape.additional, undefined, false, owner, context);
  return { fields: Object.fromEntries(fields), ...(additional === undefined ? {} : { additional }) };
}

function linkField(
  name: string,
  shape: ParameterShape,
  encoding: JsonObject | undefined,
  isBinary: boolean,
  owner: FieldOwner,
  context: BodyContext,
): FieldIr {
  const { spec, format, view } = owner;
  const headers = format === "multipart" ? linkHeaders(encoding?.headers, spec, `${owner.name}.${name}`, view, context) : [];
  const mediaTypes = rangesOf(encoding?.contentType);
  // The type of bytes of any kind (RFC 2046 §4.5.1), and the default for files, which says as little.
  const isAnyFile = mediaTypes.some(({ type, subtype }) => type === "application" && subtype === "octet-stream");
  const named = format === "multipart" && !isAnyFile ? mediaTypes : [];
  const field = (as: FieldIr["as"]): FieldIr => ({ as, shape, mediaTypes: named, headers });
  const isStyled =
    encoding !== undefined &&
    (encoding.style !== undefined || encoding.explode !== undefined || encoding.allowReserved !== undefined);
  if (isStyled && format === "multipart" && spec.openapi.startsWith("3.0")) {
    context.sink.report(ignoredEncoding(context.positions.of(encoding), { name }));
  } else if (isStyled) {
    const styled = styledAs(encoding, shape);
    // OpenAPI 3.1 §4.8.15.1.1: where a style is written, `contentType` is ignored.
    if (styled.as !== undefined) return { as: styled.as, shape, mediaTypes: [], headers };
    context.sink.report(unreadableField(context.positions.of(encoding), { name, reason: styled.reason }));
    return { ...field("text"), shape: textShape };
  }
  const isJson = ({ subtype }: MediaRangeIr): boolean => subtype === "json" || subtype.endsWith("+json");
  if (mediaTypes.length > 0 && mediaTypes.every(isJson)) return field("json");
  const own = shape.items ?? shape;
  if (own.scalar.length === 0) {
    if (mediaTypes.length === 0) return field("json");
    const origin = encoding === undefined ? context.positions.of(owner.media) : context.positions.value(encoding, "contentType");
    context.sink.report(
      unreadableField(origin, {
        name,
        reason: `the gateway reads objects and arrays only from JSON, and \`contentType\` is ${String(encoding?.contentType)}`,
      }),
    );
    return { ...field("text"), shape: textShape };
  }
  // By default an object is JSON and a single value is not (OpenAPI 3.1 §4.8.15.1): what is sent tells.
  if (mediaTypes.length === 0 && own.properties !== undefined && !isBinary) return field("jsonOrText");
  const isOctets = mediaTypes.length > 0 && mediaTypes.every(({ type }) => type !== "text" && type !== "*");
  return field(format === "multipart" && (isBinary || isOctets) ? "binary" : "text");
}

/** OpenAPI 3.1 §4.8.15.1: `style` as for query parameters, or why it cannot be read. */
function styledAs(
  encoding: JsonObject,
  shape: ParameterShape,
): { readonly as: FieldIr["as"] } | { readonly as?: undefined; readonly reason: string } {
  const written = encoding.style ?? "form";
  const style = styles.find((each) => each === written);
  if (style === undefined) return { reason: `\`style: ${String(written)}\` is not defined for forms` };
  const isExploded = style === "deepObject" || (typeof encoding.explode === "boolean" ? encoding.explode : style === "form");
  const { unreadable, as: read = style } = carried("query", style, isExploded, shape);
  if (unreadable !== undefined) return { reason: unreadable };
  if (shape.items === undefined && shape.properties === undefined) return { as: "text" };
  if (read === "deepObject") return { as: "deep" };
  if (isExploded) return { as: shape.properties !== undefined && shape.items === undefined ? "spread" : "text" };
  return { as: read === "spaceDelimited" ? "space" : read === "pipeDelimited" ? "pipe" : "comma" };
}

const styles = ["form", "spaceDelimited", "pipeDelimited", "deepObject"] as const;

/** A comma-separated list of media types and ranges; what is none of these was reported with the spec's grammar. */
function rangesOf(contentType: JsonValue | undefined): readonly MediaRangeIr[] {
  if (typeof contentType !== "string") return [];
  return contentType.split(",").flatMap((item) => parseRange(item)?.range ?? []);
}

/** Names of properties whose bytes are no text: `format: binary` before 3.1, `contentMediaType` since. */
function findBinary(schema: JsonValue | undefined, spec: SpecSource, found: Set<string>, depth: number): void {
  const target = resolved(schema, spec);
  if (target === undefined || depth > 8) return;
  for (const [name, property] of entriesOf(target.properties)) {
    const own = resolved(property, spec);
    const item = own?.items === undefined ? own : resolved(own.items, spec);
    if (item !== undefined && isBinary(item)) found.add(name);
  }
  for (const part of [target.allOf, target.oneOf, target.anyOf].flatMap((list) =>
    Array.isArray(list) ? (list as readonly JsonValue[]) : [],
  )) {
    findBinary(part, spec, found, depth + 1);
  }
}

const isBinary = (schema: JsonObject): boolean =>
  schema.format === "binary" ||
  (typeof schema.contentMediaType === "string" &&
    schema.contentEncoding === undefined &&
    !schema.contentMediaType.startsWith("text/"));
