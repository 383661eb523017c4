import type { BodyScreen, Exchange } from "../exchange/exchange.ts";
import type { Parsed } from "./malformed.ts";
import type { MediaType } from "./media-type.ts";

/** Who knows what a value has to be. */
export interface BodyJudge {
  isValid(value: unknown): boolean;
  /** Makes the answer for what is not valid. True: that was noted, and the body goes on. */
  refuse(x: Exchange, read: Parsed): boolean;
}

/**
 * How the bytes of a body become the value that a schema is asked about. One module a format, so that a bundle has
 * those that its operations declare: `json-body`, `form-body`, `multipart-body`, `text-body`, `binary-body`.
 */
export interface BodyFormat {
  /**
   * `bytes` without content codings; `media`: what `Content-Type` says. Never throws. `json`: the value of the same bytes as
   * strict JSON with exact integers, which others may have asked for; undefined where there is no room for it.
   */
  read(bytes: Uint8Array, media: MediaType, json?: (maxDepth: number) => Parsed | undefined): Parsed;
  /** Of a range: whether bodies of a media type within it are read. Absent: they are. */
  reads?(media: MediaType): boolean;
  /** Of formats that can be judged as they come: what lets the body pass. */
  screen?(media: MediaType, judge: BodyJudge): BodyScreen | Parsed<never>;
  /** No bytes at all are no body, rather than an empty one. */
  readonly isNeverEmpty: boolean;
}
