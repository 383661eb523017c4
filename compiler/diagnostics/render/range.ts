import type { Origin } from "../../ir/origin.ts";
import type { Sources } from "./options.ts";

/** Where an origin ends; lines and columns count from 1, columns in UTF-16 code units. */
export interface EndPosition {
  readonly endLine: number;
  readonly endColumn: number;
}

/** The place after the last character of a range; its start where the source is not at hand. */
export function endOf(origin: Origin, sources: Sources): EndPosition {
  const text = sources.get(origin.file)?.text;
  if (text === undefined) return { endLine: origin.line, endColumn: origin.column };
  const inside = text.slice(origin.start, withoutTrailingSpace(text, origin));
  const lines = inside.split("\n");
  const last = lines.at(-1)!;
  return {
    endLine: origin.line + lines.length - 1,
    endColumn: lines.length === 1 ? origin.column + last.length : last.length + 1,
  };
}

/** End offset without white space, since the range of a YAML block ends where the next one begins. */
export function withoutTrailingSpace(text: string, { start, end }: Origin): number {
  let last = Math.min(end, text.length);
  while (last > start && /\s/.test(text[last - 1]!)) last--;
  return last;
}
