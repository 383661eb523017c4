import { addMapping, GenMapping, toEncodedMap } from "@jridgewell/gen-mapping";
import type { Origin } from "../ir/origin.ts";

/** One line of generated code, without indentation and line break, and the place it was made from. */
export interface MappedLine {
  readonly indent: number;
  readonly text: string;
  readonly origin: Origin | undefined;
}

/** Collects lines of generated code, indented by two spaces a level, and remembers where each came from. */
export class MappedWriter {
  readonly lines: MappedLine[] = [];
  #indent = 0;

  /** `text` may have several lines; all of them get the origin. */
  line(text = "", origin?: Origin): void {
    for (const part of text.split("\n")) this.lines.push({ indent: part === "" ? 0 : this.#indent, text: part, origin });
  }

  /** What `write` adds stands one level deeper. */
  indented(write: () => void): void {
    this.#indent += 1;
    write();
    this.#indent -= 1;
  }
}

/** Joins lines to text. */
export const printLines = (lines: readonly MappedLine[]): string =>
  lines.map(({ indent, text }) => `${"  ".repeat(indent)}${text}\n`).join("");

/** Source map (version 3, as JSON) of the joined lines: each line that has an origin points at its line and column. */
export function sourceMap(file: string, lines: readonly MappedLine[]): string {
  const map = new GenMapping({ file });
  for (const [index, { indent, origin }] of lines.entries()) {
    if (origin === undefined) continue;
    addMapping(map, {
      generated: { line: index + 1, column: indent * 2 },
      original: { line: origin.line, column: origin.column - 1 },
      source: origin.file,
    });
  }
  return JSON.stringify(toEncodedMap(map));
}
