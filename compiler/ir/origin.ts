/**
 * A range of text in one input file: what a diagnostic underlines, what a comment in generated code names and what
 * the source map points at.
 */
export interface Origin {
  /** Path relative to the folder of `gateway.yaml`, with forward slashes. */
  readonly file: string;
  /** Offset of the first UTF-16 code unit. */
  readonly start: number;
  /** Offset after the last UTF-16 code unit. */
  readonly end: number;
  /** Line of `start`, counted from 1. */
  readonly line: number;
  /** Column of `start` in UTF-16 code units, counted from 1. */
  readonly column: number;
}

/** `orders/v1/policies.yaml:7`, the short form for comments and tables. */
export const formatOrigin = (origin: Origin): string => `${origin.file}:${origin.line}`;
