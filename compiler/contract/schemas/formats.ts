import type { JsonValue } from "../../source/source-set.ts";

/** Where the test of a format is in `runtime/validation/formats/`. */
export interface FormatTest {
  readonly module: string;
  readonly name: string;
}

/** What a format asks of text and of numbers; nothing where it only says how a value is to be shown or stored. */
export interface Format {
  readonly string?: FormatTest;
  readonly number?: FormatTest;
}

const text = (module: string, name: string): Format => ({
  string: { module, name },
});
const nothing: Format = {};

/** Formats whose offset may be left out where a policy says so, and what they are called then. No spec can write such a name. */
export const lenientFormats = {
  "date-time": "date-time, with or without an offset",
  time: "time, with or without an offset",
} as const;

export type LenientFormat = keyof typeof lenientFormats;

/** Whether a spec may name the format. */
export const isKnownFormat = (name: string): boolean => Object.hasOwn(formats, name) && !name.includes(",");

/** For suggestions. */
export const knownFormats = (): readonly string[] => Object.keys(formats).filter(isKnownFormat);

/** The test by which a text that lacks nothing but its offset is told. */
export const formatWithOffset = (name: string): FormatTest | undefined =>
  Object.hasOwn(lenientFormats, name) ? formats[name]!.string : undefined;

/** JSON Schema 2020-12 §7.3 and the OpenAPI format registry. */
export const formats: Readonly<Record<string, Format>> = {
  base64url: text("base64url", "isBase64url"),
  binary: nothing,
  byte: text("byte", "isBase64"),
  char: text("char", "isCharacter"),
  commonmark: nothing,
  date: text("date", "isDate"),
  "date-time": text("date-time", "isDateTime"),
  [lenientFormats["date-time"]]: text("local-time", "isDateTimeOrLocal"),
  decimal: text("decimal", "isDecimal"),
  decimal128: text("decimal", "isDecimal"),
  double: { number: { module: "float", name: "isDouble" } },
  "double-int": { number: { module: "integer", name: "isDoubleInteger" } },
  duration: text("duration", "isDuration"),
  email: text("email", "isEmail"),
  float: { number: { module: "float", name: "isFloat" } },
  hostname: text("hostname", "isHostname"),
  html: nothing,
  "http-date": text("http-date", "isHttpDate"),
  "idn-email": text("email", "isIdnEmail"),
  "idn-hostname": text("idn-hostname", "isIdnHostname"),
  int16: { number: { module: "integer", name: "isInt16" } },
  int32: { number: { module: "integer", name: "isInt32" } },
  int64: {
    number: { module: "integer", name: "isInt64" },
    string: { module: "integer-text", name: "isInt64Text" },
  },
  int8: { number: { module: "integer", name: "isInt8" } },
  ipv4: text("ip", "isIpv4"),
  ipv6: text("ip", "isIpv6"),
  iri: text("uri", "isIri"),
  "iri-reference": text("uri", "isIriReference"),
  "json-pointer": text("json-pointer", "isJsonPointer"),
  "media-range": text("media-range", "isMediaRange"),
  password: nothing,
  regex: text("regex", "isRegularExpression"),
  "relative-json-pointer": text("json-pointer", "isRelativeJsonPointer"),
  time: text("time", "isTime"),
  [lenientFormats.time]: text("local-time", "isTimeOrLocal"),
  uint16: { number: { module: "integer", name: "isUint16" } },
  uint32: { number: { module: "integer", name: "isUint32" } },
  uint64: {
    number: { module: "integer", name: "isUint64" },
    string: { module: "integer-text", name: "isUint64Text" },
  },
  uint8: { number: { module: "integer", name: "isUint8" } },
  uri: text("uri", "isUri"),
  "uri-reference": text("uri", "isUriReference"),
  "uri-template": text("uri-template", "isUriTemplate"),
  uuid: text("uuid", "isUuid"),
};

/** The types of a schema, where the format is not defined for values of any of them (OpenAPI Format Registry). */
export function misplacedFormat(
  format: string,
  written: JsonValue | undefined,
): { readonly type: string; readonly of: string } | undefined {
  const { string, number } = formats[format]!;
  const types = [written ?? []].flat().filter((type) => type !== "null");
  const isDefined = (type: JsonValue): boolean =>
    type === "string" ? string !== undefined : (type === "number" || type === "integer") && number !== undefined;
  if (types.length === 0 || (string === undefined && number === undefined) || types.some(isDefined)) return undefined;
  return { type: types.join(" or "), of: string === undefined ? "numbers" : number === undefined ? "text" : "numbers and text" };
}
