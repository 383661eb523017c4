import { isAscii, isUtf8 } from "node:buffer";
import { malformed, type Parsed, parsed, unsupported } from "./malformed.ts";
import { type MediaType, parameterOf } from "./media-type.ts";

/** Whether text in the named charset can be read. UTF-8, of which US-ASCII is a part, and ISO-8859-1. */
export const isKnownCharset = (charset: string): boolean => /^(utf-?8|us-ascii|ascii|iso-8859-1|latin1)$/i.test(charset);

/**
 * The text of a body: UTF-8 unless `charset` says otherwise (RFC 9110 §8.3.2 left the old default of ISO-8859-1 behind).
 * Octets that the charset does not have are refused, never replaced.
 */
export function decodeText(bytes: Uint8Array, media: MediaType): Parsed<string> {
  const charset = parameterOf(media, "charset")?.toLowerCase() ?? "utf-8";
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  switch (charset) {
    case "utf-8":
    case "utf8":
      return isUtf8(buffer) ? parsed(buffer.toString("utf8")) : malformed("The text is not valid UTF-8.");
    case "us-ascii":
    case "ascii":
      return isAscii(buffer) ? parsed(buffer.toString("latin1")) : malformed("The text has octets beyond US-ASCII.");
    case "iso-8859-1":
    case "latin1":
      return parsed(buffer.toString("latin1"));
    default:
      return unsupported("charset", "The charset of the text is not supported; utf-8, us-ascii and iso-8859-1 are.");
  }
}

/** Undefined where the bytes are UTF-8 by name; JSON and forms are nothing else (RFC 8259 §8.1, URL standard). */
export function wrongCharset(media: MediaType): Parsed<never> | undefined {
  const charset = parameterOf(media, "charset");
  if (charset === undefined || /^(utf-?8|us-ascii)$/i.test(charset)) return undefined;
  return unsupported("charset", "The body must be UTF-8, with charset=utf-8 in Content-Type or without charset.");
}
