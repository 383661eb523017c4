import type { Origin } from "./origin.ts";
import { namesIn, type PathPattern, type Segment } from "./route.ts";
import type { Constant } from "./schema.ts";

/**
 * One parameter of an operation: how its text becomes a value, and the schema that the value must have.
 *
 * Reading goes by RFC 6570 as OpenAPI refers to it, with what OpenAPI leaves open settled here:
 *
 * - Text is split at the delimiters of the style first and percent-decoded once afterwards, as strict UTF-8. So `%2C` is
 *   a comma that belongs to a value. Only the delimiters of `spaceDelimited` and `pipeDelimited` may be escaped
 *   (`%20`, `+`, `%7C`), as they cannot stand in a URI otherwise.
 * - `+` is a space in a query, as in forms (neither RFC 6570 nor the URL standard writes a plus sign for anything else),
 *   but not where `allowReserved` lets a plus sign stand for itself, and nowhere outside of the query.
 * - Field values are not percent-decoded, and lines of one field are joined by commas (RFC 9110 §5.3). Cookies are
 *   percent-decoded with the style `form`, and taken as they are with `cookie` (OpenAPI 3.2).
 * - `?name` is `?name=`: an empty text. With `allowEmptyValue` it is fine whatever the schema says.
 * - Text becomes the first of null (`null`, or nothing at all where text is not allowed), boolean (`true`, `false`),
 *   integer (`-?(0|[1-9][0-9]*)`), number (as in JSON) and string that the schema allows. Where the schema refuses
 *   that value and allows text, the text itself is tried.
 * - An array of no items and an object of no properties cannot be written, except as an empty text with `allowEmptyValue`.
 */
export interface ParameterIr {
  readonly kind: "parameter";
  readonly in: ParameterLocation;
  /** As declared; for headers in any case. */
  readonly name: string;
  readonly style: ParameterStyle;
  readonly explode: boolean;
  readonly allowReserved: boolean;
  readonly allowEmptyValue: boolean;
  readonly required: boolean;
  readonly deprecated: boolean;
  /** Media type of the value where `content` says it, which is then in the place of style and explode. */
  readonly content?: string;
  readonly shape: ParameterShape;
  /** Id of a SchemaIr. */
  readonly schema?: string;
  readonly default?: Constant;
  /** `presence`: only that a required parameter is there can be enforced, which was reported. */
  readonly enforced: "value" | "presence";
  /** Items of `style: label` without `explode` may be separated by dots: OpenAPI before 3.0.4 and 3.1.1 shows them so. */
  readonly labelDots: boolean;
  readonly origin: Origin;
}

export const parameterLocations = ["path", "query", "header", "cookie"] as const;
export type ParameterLocation = (typeof parameterLocations)[number];

export const parameterStyles = [
  "matrix",
  "label",
  "simple",
  "form",
  "spaceDelimited",
  "pipeDelimited",
  "deepObject",
  "cookie",
] as const;
export type ParameterStyle = (typeof parameterStyles)[number];

/** In the order in which text is tried to be one of them. */
export const scalarTypes = ["null", "boolean", "integer", "number", "string"] as const;
export type ScalarType = (typeof scalarTypes)[number];

/** Scalar types as bits, in which form the run time has them. */
export const scalarBits = (types: readonly ScalarType[]): number =>
  types.reduce((bits, type) => bits | (1 << scalarTypes.indexOf(type)), 0);

/** What the text of a parameter can stand for. A schema that allows several kinds of values has several of the members. */
export interface ParameterShape {
  readonly scalar: readonly ScalarType[];
  readonly items?: ParameterShape;
  readonly properties?: { readonly [name: string]: ParameterShape };
  /** Of properties without a name in the schema, where the schema says something about them. */
  readonly additional?: ParameterShape;
}

export const textShape: ParameterShape = { scalar: ["string"] };

/** What a function is emitted from that reads and checks all parameters of one operation. */
export interface ParameterReaderIr {
  /** What a comment in generated code calls it: `listOrders`. */
  readonly operation: string;
  /** Those that a request can have wrong. */
  readonly parameters: readonly ParameterIr[];
  readonly path: PathPattern;
  readonly unknownQuery: "allow" | "warn" | "refuse";
  /** Query parameters that others read: of security schemes, and of the version. */
  readonly knownQuery: readonly string[];
}

/** Text that is equal for readers that do the same, whichever operations they belong to. */
export const readerKey = ({ parameters, path, unknownQuery, knownQuery }: ParameterReaderIr): string =>
  JSON.stringify([
    parameters.map(({ origin: _, ...parameter }) => parameter),
    placesIn(path, parameters),
    unknownQuery,
    knownQuery,
  ]);

/** What of a path says where its parameters are: of a literal segment its length, and nothing behind the last. */
function placesIn({ segments }: PathPattern, parameters: readonly ParameterIr[]): readonly unknown[] {
  const read = new Set(parameters.filter((parameter) => parameter.in === "path").map(({ name }) => name));
  const isRead = (segment: Segment): boolean => namesIn(segment).some((name) => read.has(name));
  return segments
    .slice(0, segments.findLastIndex(isRead) + 1)
    .map((segment) => (segment.kind === "literal" ? segment.text.length : isRead(segment) ? segment : segment.kind));
}
