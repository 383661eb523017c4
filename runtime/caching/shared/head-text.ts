import { fieldsOfHead, type StoredHead } from "../stored-answer.ts";

/** Field lines as one text: `Name: value`, each ended. */
export function textOf(head: StoredHead): string {
  const { lines } = fieldsOfHead(head);
  let text = "";
  for (let at = 0; at < lines.length; at += 2) text += `${lines[at]}: ${lines[at + 1]}\r\n`;
  return text;
}

/** Names and values, alternating. */
export function linesIn(text: string): readonly string[] {
  const lines: string[] = [];
  for (let start = 0; start < text.length; ) {
    const colon = text.indexOf(": ", start);
    const end = text.indexOf("\r\n", colon);
    if (colon < 0 || end < 0) return lines;
    lines.push(text.slice(start, colon), text.slice(colon + 2, end));
    start = end + 2;
  }
  return lines;
}
