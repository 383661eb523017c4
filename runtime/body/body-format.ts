import type { Parsed } from "./malformed.ts";
import type { MediaType } from "./media-type.ts";

/**
 * How the bytes of a body become the value that a schema is asked about. One module a format, so that a bundle has
 * those that its operations declare: `json-body`, `form-body`, `multipart-body`, `text-body`, `binary-body`.
 */
export interface BodyFormat {
  /** `bytes` without content codings; `media`: what `Content-Type` says. Never throws. */
  read(bytes: Uint8Array, media: MediaType): Parsed;
  /** Of a range: whether bodies of a media type within it are read. Absent: they are. */
  reads?(media: MediaType): boolean;
  /** No bytes at all are no body, rather than an empty one. */
  readonly isNeverEmpty: boolean;
}
