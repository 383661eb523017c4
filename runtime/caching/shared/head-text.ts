import { fieldsOfHead, type StoredHead } from "../stored-answer.ts";

/** Field lines as one text: `Name: value`, each ended. */
export function textOf(head: StoredHead): string {
  const { lines } = fieldsOfHead(head);
  let text = "";
  for (let at = 0; at < lines.length; at += 2) text += `${lines[at]}: ${lines[at + 1]}\r\n`;
  return text;
}

/** Names and values, alternating. Throws where it is no such text: whoever can write to a server does not write the lines of an answer. */
export function linesIn(text: string): readonly string[] {
  const lines: string[] = [];
  for (let start = 0; start < text.length; ) {
    const colon = text.indexOf(": ", start);
    const end = text.indexOf("\r\n", colon);
    if (colon < 0 || end < 0) throw new Error("a field line does not end");
    const name = text.slice(start, colon);
    if (!isToken(name)) throw new Error("the name of a field is none");
    lines.push(name, valueIn(text.slice(colon + 2, end)));
    start = end + 2;
  }
  return lines;
}

const isToken = (name: string): boolean => /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/.test(name);

/** The text, where it can be the value of a field (RFC 9110 §5.5), one character for each byte; throws where it cannot. */
export function valueIn(text: string): string {
  if (/[^\t\x20-\x7e\x80-\xff]/.test(text)) throw new Error("the value of a field is none");
  return text;
}
