import type { BodyFormatName, ContentIr, MediaRangeIr } from "../../ir/body.ts";
import type { Origin } from "../../ir/origin.ts";
import type { JsonObject, JsonValue, SpecSource } from "../../source/source-set.ts";
import { shapeOf } from "../parameters/shape.ts";
import { linkFields } from "./link-fields.ts";
import { bySpecificity, isRange, parseRange, rangeText } from "./media-range.ts";
import {
  notAMediaType,
  repeatedMediaType,
  unenforcedAnswers,
  unenforcedContent,
  unenforcedRange,
  unknownCharset,
} from "./messages.gen.ts";
import { adviseOnContent } from "./request-advice.ts";
import { type BodyContext, type BodyView, entriesOf, isObject, isSchema, resolved } from "./spec-tree.ts";

/** Whose content it is, and how its schemas are to be called. */
export interface ContentOwner {
  readonly spec: SpecSource;
  readonly name: string;
  readonly view: BodyView;
}

/** Media types of a Content Object, most specific first. */
export function linkContent(content: JsonValue | undefined, owner: ContentOwner, context: BodyContext): readonly ContentIr[] {
  const { positions, sink } = context;
  const entries: ContentIr[] = [];
  const known = new Map<string, Origin>();
  const written = entriesOf(content);
  for (const [key, item] of written) {
    const origin = positions.key(content as JsonObject, key);
    const parsed = parseRange(key);
    if (parsed === undefined) {
      sink.report(notAMediaType(origin, { found: key }));
      continue;
    }
    const { range, charset } = parsed;
    if (charset !== undefined && !/^(utf-?8|us-ascii|iso-8859-1|latin1)$/i.test(charset))
      sink.report(unknownCharset(origin, { charset }));
    const identity = rangeText(range);
    const twin = known.get(identity);
    if (twin !== undefined) {
      sink.report(repeatedMediaType(origin, { mediaType: identity }, { related: [{ origin: twin, text: "first here" }] }));
      continue;
    }
    known.set(identity, origin);
    const media = resolved(item, owner.spec) ?? {};
    // Entries of one body have a schema each, and often the same one.
    const name =
      written.length === 1 ? owner.name : `${owner.name}.${range.subtype.replace("*", "any").replaceAll(/[^a-z0-9]+/g, "-")}`;
    entries.push(linkEntry(range, media, origin, { ...owner, name }, context));
  }
  return entries.sort((a, b) => bySpecificity(a.range, b.range));
}

function linkEntry(range: MediaRangeIr, media: JsonObject, origin: Origin, owner: ContentOwner, context: BodyContext): ContentIr {
  const { sink, schemas } = context;
  const { spec, name, view } = owner;
  const mediaType = rangeText(range);
  const written = media.schema;
  const format = formatOf(range);
  const entry = { kind: "content" as const, range, format, origin };
  if (media.itemSchema !== undefined)
    sink.report(unenforcedContent(origin, { mediaType, reason: "the items of a stream pass one by one" }));
  const isRequest = view === "request" || view === "strictRequest";
  if (isRequest) adviseOnContent({ spec, media, format }, context);
  const says = isSchema(written) && !isTrivial(written, format);
  if (format === "unread") {
    if (says) sink.report(unenforcedContent(origin, { mediaType, reason: reasonOf(range) }));
    return entry;
  }
  if (!isSchema(written)) return entry;
  if (!says) return hasSyntax(format) ? { ...entry, hasSyntax: true, ...(format === "form" ? { fields: {} } : {}) } : entry;
  const schema = schemas.add(spec, written, name, view);
  if (format === "json") return { ...entry, schema };
  const { shape, isEndless } = shapeOf(schemas.get(schema) ?? true, (ref) => schemas.get(ref.slice(2)));
  if (format === "byType") {
    sink.report(
      isRequest
        ? unenforcedRange(origin, { mediaType })
        : unenforcedAnswers(context.positions.key(spec.document, "paths"), { mediaType, response: name }, { alike: name }),
    );
    return { ...entry, schema, shape };
  }
  if (format === "form" || format === "multipart") {
    if (shape.properties === undefined && shape.additional === undefined) {
      sink.report(
        unenforcedContent(origin, {
          mediaType,
          reason: "a form is an object with a property for each field, and its schema is no object",
        }),
      );
      return { ...entry, fields: {} };
    }
    // An endless shape is cut off where it begins anew: fields are read from it, and the schema judges them whole.
    return { ...entry, schema, ...linkFields({ spec, media, shape, format, name, view }, context) };
  }
  if (isEndless || shape.scalar.length === 0 || (format === "binary" && !shape.scalar.includes("string"))) {
    const what = format === "binary" ? "bytes" : "text";
    sink.report(
      unenforcedContent(origin, { mediaType, reason: `it is read as ${what}, and its schema asks for something else` }),
    );
    return { ...entry, format: format === "binary" ? "unread" : format };
  }
  return { ...entry, schema, ...(format === "text" ? { shape } : {}) };
}

function formatOf(range: MediaRangeIr): BodyFormatName {
  const { type, subtype } = range;
  if (isStream(range)) return "unread";
  if (subtype === "*+json" || subtype.endsWith("+json") || subtype === "json") return "json";
  if (isXml(range)) return "unread";
  if (isRange(range)) return type === "text" ? "text" : type === "*" || type === "application" ? "byType" : "binary";
  if (type === "application" && subtype === "x-www-form-urlencoded") return "form";
  if (type === "multipart") return subtype === "form-data" ? "multipart" : "unread";
  return type === "text" ? "text" : "binary";
}

/** Events, or values of JSON one behind the other (RFC 7464, NDJSON, JSON Lines): a whole that need not end. */
const isStream = ({ subtype }: MediaRangeIr): boolean =>
  subtype === "event-stream" ||
  /(^|[.+-])(ndjson|jsonl|jsonlines|json-lines|json-seq|json-stream)$|^(x-)?stream\+json$/.test(subtype);

const isXml = ({ subtype }: MediaRangeIr): boolean => subtype === "xml" || subtype.endsWith("+xml");

function reasonOf(range: MediaRangeIr): string {
  if (isXml(range)) return "the gateway does not read XML";
  if (range.type === "multipart") return "of multipart bodies the gateway reads only `multipart/form-data`";
  return "it is a stream, which has no end to wait for; with `response: enforce` it passes unchecked";
}

/** What can be malformed even where every value will do. */
const hasSyntax = (format: BodyFormatName): boolean => format === "json" || format === "text" || format === "form";

/** Says nothing about a value: `{}`, `true`, or, of bytes and text, that it is one. */
function isTrivial(schema: JsonObject | boolean, as: BodyFormatName): boolean {
  if (!isObject(schema)) return schema === true;
  const { type, format, ...rest } = schema;
  // A value of JSON need not be a text, unless the schema means the octets of the body (OpenAPI 3.0 §4.7.14.2).
  const isText = type === undefined || (type === "string" && (as !== "json" || format === "binary"));
  const isBytes = isText && (format === undefined || format === "binary");
  return isBytes && Object.keys(rest).every((key) => annotations.includes(key) || key.startsWith("x-"));
}

const annotations = [
  "title",
  "description",
  "example",
  "examples",
  "default",
  "deprecated",
  "externalDocs",
  "xml",
  "contentMediaType",
];
