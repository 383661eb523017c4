/** Text without quotes that YAML took apart, and how it is written so that it stays in one piece. */
export interface CutText {
  readonly start: number;
  readonly end: number;
  readonly quoted: string;
}

/**
 * What was meant where YAML reads something else in the middle of a value: inside of `{ }` and `[ ]` a comma, a bracket
 * or a colon before a space ends text without quotes, and an expression such as `roles.exists(r, r == 'admin')` has them.
 *
 * @param at where YAML reads something else
 * @returns undefined where no value on this line goes beyond that place
 */
export function cutText(text: string, at: number): CutText | undefined {
  const lineStart = text.lastIndexOf("\n", at - 1) + 1;
  const key = [...text.slice(lineStart, at).matchAll(/[\w"'}/-]: +/g)].at(-1);
  if (key === undefined) return undefined;
  const start = lineStart + key.index + key[0].length;
  const end = start + text.slice(start, endOf(text, start)).trimEnd().length;
  if (end <= at || /["'[{|>&*!]/.test(text[start]!)) return undefined;
  return { start, end, quoted: inQuotes(text.slice(start, end)) };
}

/** Where a value ends whose brackets and quotes are closed again; `start` where they are not. */
function endOf(text: string, start: number): number {
  const open: string[] = [];
  for (let at = start; at < text.length && text[at] !== "\n" && text[at] !== "\r"; at++) {
    const character = text[at]!;
    if (character === '"' || character === "'") {
      at = text.indexOf(character, at + 1);
      if (at < 0) return start;
    } else if (character in closing) open.push(closing[character]!);
    else if (")]}".includes(character) && open.pop() !== character) return at;
    else if (character === "," && open.length === 0) return at;
  }
  return start;
}

const closing: Readonly<Record<string, string>> = { "(": ")", "[": "]", "{": "}" };

/** As a quoted scalar of YAML, in the quotes that have less to escape. */
export const inQuotes = (text: string): string =>
  text.includes('"') ? `'${text.replaceAll("'", "''")}'` : `"${text.replaceAll("\\", "\\\\")}"`;
