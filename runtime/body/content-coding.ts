import { brotliDecompressSync, gunzipSync, inflateRawSync, inflateSync } from "node:zlib";
import type { HeaderList } from "../fields/header-list.ts";
import { malformed, type Parsed, parsed, tooLarge, unsupported } from "./malformed.ts";

/** Content codings of a message over all its field lines (RFC 9110 §8.4); undefined where there are none. */
export function contentCodings(headers: HeaderList): string | undefined {
  const first = headers.get("content-encoding");
  return first === undefined ? undefined : headers.all("content-encoding").join(",");
}

/** For `Accept-Encoding` in an answer (RFC 9110 §12.5.3). */
export const acceptedCodings = "gzip, deflate, br";

/** A coding that is read beside those. */
export interface FurtherCoding {
  /** In lower case. */
  readonly name: string;
  /** Throws where the bytes are not valid, or become more than `maxOutputLength`. */
  unfold(bytes: Uint8Array, maxOutputLength: number): Unfolded;
}

/**
 * The bytes under the content codings (RFC 9110 §8.4) `gzip`, `deflate` and `br`, and a further one where there is one. At most `maxBytes` bytes are made, whatever a few compressed ones unfold to; that bound also keeps
 * the time short in which nothing else runs.
 */
export function decodeContent(
  bytes: Uint8Array,
  codings: string | undefined,
  maxBytes: number,
  further?: FurtherCoding,
): Parsed<Uint8Array> {
  if (codings === undefined) return parsed(bytes);
  const names = codings
    .split(",")
    .map((name) => name.trim().toLowerCase())
    .filter((name) => name !== "" && name !== "identity");
  // Each layer is a way to unfold more; nobody needs two.
  if (names.length > 1) return unsupported("coding", "More than one content coding is not supported.");
  const [name] = names;
  if (name === undefined) return parsed(bytes);
  try {
    return parsed(unfold(name, bytes, maxBytes, further));
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "ERR_BUFFER_TOO_LARGE") return tooLarge(`The body is larger than ${maxBytes} bytes once decoded.`);
    if (error instanceof UnknownCoding)
      return unsupported(
        "coding",
        `The content coding is not supported; gzip, deflate${further === undefined ? "" : `, ${further.name}`} and br are.`,
      );
    return malformed(`The body is no valid ${name}.`);
  }
}

class UnknownCoding extends Error {}

class TrailingBytes extends Error {}

/** What stands behind the end of the coded content, one reader ignores and another does not: then nobody knows what the body is. */
function unfold(name: string, bytes: Uint8Array, maxOutputLength: number, further: FurtherCoding | undefined): Uint8Array {
  const { buffer, engine } =
    name === further?.name ? further.unfold(bytes, maxOutputLength) : unfolded(name, bytes, maxOutputLength);
  if (engine.bytesWritten < bytes.length) throw new TrailingBytes();
  return buffer;
}

export interface Unfolded {
  readonly buffer: Uint8Array;
  /** `bytesWritten`: bytes that it has read. */
  readonly engine: { readonly bytesWritten: number };
}

/** Members of gzip that follow each other are one content (RFC 1952 §2.2), and count together. */
function unfolded(name: string, bytes: Uint8Array, maxOutputLength: number): Unfolded {
  const options = { maxOutputLength, info: true };
  // What `info` makes of the result, the types of Node do not say.
  const made = (result: unknown): Unfolded => result as Unfolded;
  if (name === "gzip" || name === "x-gzip") return made(gunzipSync(bytes, options));
  if (name === "br") return made(brotliDecompressSync(bytes, options));
  if (name !== "deflate") throw new UnknownCoding();
  // The zlib format, and what some send in its place (RFC 9110 §8.4.1.2): 8 in the low bits is the method of a zlib head.
  const isZlib = ((bytes[0] ?? 0) & 0x0f) === 8 && ((bytes[0] ?? 0) * 256 + (bytes[1] ?? 0)) % 31 === 0;
  return made(isZlib ? inflateSync(bytes, options) : inflateRawSync(bytes, options));
}
