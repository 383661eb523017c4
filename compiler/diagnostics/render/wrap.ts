import { displayWidth } from "./columns.ts";

/** Breaks text into lines of at most `width` columns, never inside `code`. Line breaks of the text stay. */
export function wrap(text: string, width: number): string[] {
  return text.split("\n").flatMap((paragraph) => {
    const lines: string[] = [];
    let line = "";
    // A word goes on through code in backticks, spaces included.
    for (const [word] of paragraph.matchAll(/(?:`[^`]*`|\S)+/g)) {
      if (line !== "" && displayWidth(line) + 1 + displayWidth(word) > width) {
        lines.push(line);
        line = word;
      } else line = line === "" ? word : `${line} ${word}`;
    }
    return [...lines, line];
  });
}
