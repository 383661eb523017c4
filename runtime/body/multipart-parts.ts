import { isUtf8 } from "node:buffer";
import { type MediaType, parseMediaType } from "./media-type.ts";

/** What stands in front of the content of a part (RFC 7578). */
export interface PartHead {
  readonly name: string;
  /** Undefined: not a file. */
  readonly filename: string | undefined;
  /** `text/plain` where the part names none (RFC 7578 §4.4). */
  readonly media: MediaType;
  readonly hasMedia: boolean;
  /** Names in lower case and values, alternating. */
  readonly fields: readonly string[];
}

/** One part of a form. */
export interface Part extends PartHead {
  readonly bytes: Buffer;
}

export interface PartLimits {
  readonly maxParts: number;
  /** Bytes of the field lines of one part. */
  readonly maxHeadBytes: number;
}

/** RFC 2046 §5.1.1. */
export const isBoundary = (boundary: string): boolean => /^[0-9A-Za-z'()+_,./:=? -]{0,69}[0-9A-Za-z'()+_,./:=?-]$/.test(boundary);

/** Names and values: far more than any part has, and few enough to be compared with each other. */
const mostFields = 128;

/** The field lines of a part, or what is wrong with them. */
export function parseHead(head: Buffer): PartHead | string {
  if (!isUtf8(head)) return "the head is not valid UTF-8.";
  const fields: string[] = [];
  for (const line of head.toString("utf8").split("\r\n")) {
    const match = /^([!#$%&'*+.^_`|~0-9A-Za-z-]+):([^\x00-\x08\x0a-\x1f\x7f]*)$/.exec(line);
    if (match === null) return "a field line is malformed.";
    if (fields.length === mostFields) return "the head has too many field lines.";
    const name = match[1]!.toLowerCase();
    for (let index = 0; index < fields.length; index += 2) if (fields[index] === name) return "a field comes twice.";
    fields.push(name, match[2]!.trim());
  }
  const disposition = parseDisposition(fieldOf(fields, "content-disposition"));
  if (typeof disposition === "string") return disposition;
  const encoding = fieldOf(fields, "content-transfer-encoding")?.toLowerCase();
  // Deprecated by RFC 7578 §4.7; what it names must not change the bytes.
  if (encoding !== undefined && encoding !== "binary" && encoding !== "8bit" && encoding !== "7bit")
    return "Content-Transfer-Encoding is not supported.";
  const contentType = fieldOf(fields, "content-type");
  const media = contentType === undefined ? { type: "text", subtype: "plain", parameters: [] } : parseMediaType(contentType);
  if (media === undefined) return "Content-Type is no media type.";
  if (media.type === "multipart" || media.type === "message") return "parts within parts are not supported.";
  return { ...disposition, media, hasMedia: contentType !== undefined, fields };
}

function fieldOf(fields: readonly string[], name: string): string | undefined {
  for (let index = 0; index < fields.length; index += 2) if (fields[index] === name) return fields[index + 1];
  return undefined;
}

/**
 * As browsers write it (HTML standard §4.10.22.8): `"`, CR and LF as `%22`, `%0D` and `%0A`, and a backslash is itself.
 * A quote behind a backslash is then neither inside nor outside of the text, and is refused.
 */
function parseDisposition(value: string | undefined): { readonly name: string; readonly filename: string | undefined } | string {
  const head = value === undefined ? null : /^form-data[ \t]*(?=;|$)/i.exec(value);
  if (value === undefined || head === null) return "Content-Disposition must be form-data.";
  let name: string | undefined;
  let filename: string | undefined;
  let extended: string | undefined;
  const pattern = /;[ \t]*([!#$%&'*+.^_`|~0-9A-Za-z-]+)=(?:"([^"]*)"|([!#$%&'+.^_`|~0-9A-Za-z-]+))[ \t]*/y;
  pattern.lastIndex = head[0].length;
  while (pattern.lastIndex < value.length) {
    const match = pattern.exec(value);
    if (match === null) return "Content-Disposition is malformed.";
    const key = match[1]!.toLowerCase();
    const text = unescaped(match[2] ?? match[3]!);
    if (key === "name" && name === undefined) name = text;
    else if (key === "filename" && filename === undefined) filename = text;
    // Against RFC 7578 §4.2, .NET and others send it beside `filename`. Either way the part is a file, with one content.
    else if (key === "filename*" && extended === undefined && isExtended(match[3])) extended = match[3];
    else
      return key === "name" || key.startsWith("filename")
        ? "Content-Disposition names a thing twice."
        : "Content-Disposition has an unknown parameter.";
  }
  if (name === undefined) return "Content-Disposition has no name.";
  // Alone it is the name of a file to some services, and an unknown parameter of a text to others.
  return extended !== undefined && filename === undefined
    ? "Content-Disposition has filename* without filename."
    : { name, filename };
}

/** RFC 8187 §3.2.1. */
const isExtended = (value: string | undefined): boolean =>
  value !== undefined && /^(?:utf-8|iso-8859-1)'[0-9a-z-]*'(?:%[0-9a-f]{2}|[!#$&+.^_`|~0-9a-z-])*$/i.test(value);

const unescaped = (text: string): string =>
  text.includes("%") ? text.replaceAll(/%(22|0D|0A)/gi, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16))) : text;
