import type { BodyFormat } from "../../body/body-format.ts";
import type { MediaRange } from "../../body/media-type.ts";
import type { Validator } from "../../validation/violations.ts";

/** A body format, as a factory of `runtime/body` makes it. */
export type MadeFormat = BodyFormat & { readonly __made: true };

/** An emitted validator. */
export type EmittedValidator = Validator & { readonly __validator: true };

/** One media type that a message may have. */
export interface BodyContentConfig extends MediaRange {
  /** Null: the body is counted and not read. */
  readonly format: MadeFormat | null;
  /** Null: every value will do. */
  readonly validator: EmittedValidator | null;
}
