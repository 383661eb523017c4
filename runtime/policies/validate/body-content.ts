import type { BodyFormat } from "../../body/body-format.ts";
import type { Selected } from "../../body/content-selector.ts";
import type { MediaRange } from "../../body/media-type.ts";
import type { Validator } from "../../validation/violations.ts";

/** A body format, as a factory of `runtime/body` makes it. */
export type MadeFormat = BodyFormat & { readonly __made: true };

/** An emitted validator. */
export type EmittedValidator = Validator & { readonly __emitted: "validator" };

/** One media type that a message may have. */
export interface BodyContentConfig extends MediaRange {
  /** Null: nobody looks at the body, and it streams through. */
  readonly format: MadeFormat | null;
  /** Null: every value will do. */
  readonly validator: EmittedValidator | null;
}

/** A media type whose bodies are looked at. */
export type ReadContent = BodyContentConfig & { readonly format: MadeFormat };

/** Somebody looks at bodies of this media type. */
export const isRead = (selected: Selected<BodyContentConfig>): selected is Selected<ReadContent> =>
  selected.entry.format !== null && selected.entry.format.reads?.(selected.media) !== false;
