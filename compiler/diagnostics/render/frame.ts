import { usersHidden } from "../../text/without-users.ts";
import type { Label } from "../diagnostic.ts";
import type { Paint } from "./colours.ts";
import { displayWidth, printable, type ShownLine, showLine, slice } from "./columns.ts";
import { withoutTrailingSpace } from "./range.ts";

/** Most lines of one range that are shown in full. */
const mostLines = 4;
/** Most characters of a line that are looked at before or after a range: minified documents are one line of megabytes. */
const longestContext = 1000;

export interface FrameStyle {
  /** Columns for line numbers. */
  readonly gutter: number;
  /** Columns of the whole frame. */
  readonly width: number;
  readonly paint: (text: string) => string;
  readonly dim: Paint;
}

/** Lines of a source with a range underlined, and what to say about it. */
export function frame({ origin, text }: Label, source: string, style: FrameStyle): string[] {
  const end = Math.max(origin.start, withoutTrailingSpace(source, origin));
  const firstStart = Math.max(source.lastIndexOf("\n", origin.start - 1) + 1, origin.start - longestContext);
  const lines = linesBetween(source, firstStart, end);
  const note = text === "" ? "" : ` ${printable(text)}`;
  return lines.length === 1
    ? underlined(showLine(lines[0]!), origin.start - firstStart, end - firstStart, origin.line, note, style)
    : bracketed(lines, origin.line, note, style);
}

function underlined(line: ShownLine, start: number, end: number, number: number, note: string, style: FrameStyle): string[] {
  const from = line.columns[start] ?? line.columns.at(-1)!;
  const to = Math.max(from + 1, line.columns[end] ?? line.columns.at(-1)!);
  const cut = cutAround(line.text, from, to, style.width - style.gutter - 3);
  const marks = style.paint("^".repeat(Math.max(1, cut.to - cut.from)) + note);
  return [numbered(String(number), cut.text, style), numbered("", " ".repeat(cut.from) + marks, style)];
}

/** A range over several lines: a bar from its first to its last line. */
function bracketed(lines: readonly string[], firstNumber: number, note: string, style: FrameStyle): string[] {
  const room = style.width - style.gutter - 5;
  const shown = lines.length <= mostLines ? lines.map((_, index) => index) : [0, 1, -1, lines.length - 1];
  const rows = shown.map((index) => {
    if (index < 0) return numbered("…", style.paint("|"), style);
    const { text } = cutAround(showLine(lines[index]!.slice(0, longestContext)).text, 0, 1, room);
    return numbered(String(firstNumber + index), `${style.paint(index === 0 ? "/" : "|")} ${text}`, style);
  });
  const lastWidth = Math.min(displayWidth(showLine(lines.at(-1)!.slice(0, longestContext)).text), room);
  return [...rows, numbered("", style.paint(`|${"_".repeat(Math.max(1, lastWidth))}^${note}`), style)];
}

const numbered = (number: string, text: string, style: FrameStyle): string =>
  `${style.dim("dim", `${number.padStart(style.gutter)} |`)} ${text}`.trimEnd();

/** The text, without users of URLs, of the lines from the one that starts at `start` to the one that holds the character before `end`. */
function linesBetween(source: string, start: number, end: number): string[] {
  const stop = source.indexOf("\n", end);
  return source
    .slice(start, Math.min(stop < 0 ? source.length : stop, end + longestContext))
    .split("\n")
    .map((line) => usersHidden(line.replace(/\r$/, "")));
}

/** A line that fits into `room` columns, cut on either side so that the marked part stays in view. */
function cutAround(text: string, from: number, to: number, room: number): { text: string; from: number; to: number } {
  const width = displayWidth(text);
  if (width <= room) return { text, from, to };
  const marked = Math.min(to - from, room - 2);
  const start = Math.max(0, Math.min(from - Math.floor((room - marked) / 2), width - room));
  const stop = start + room;
  const head = start > 0 ? "…" : "";
  const tail = stop < width ? "…" : "";
  const inside = slice(text, start + head.length, stop - tail.length);
  return { text: `${head}${inside}${tail}`, from: from - start, to: Math.min(to, stop - tail.length) - start };
}
