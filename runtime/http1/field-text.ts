import { keptText } from "../exchange/kept-text.ts";
import { type HeaderList, lineKind, placeSize } from "../fields/header-list.ts";

/** A field that was set cannot be sent. */
export class FieldError extends Error {
  override readonly name = "FieldError";
}

/**
 * The field lines as they go over the wire, each with its CRLF: without those of the connection and of the framing,
 * which the transport writes, and without those about the way of a request and other claims. Received lines are copied in
 * runs, as they came. Throws a `FieldError` where an added line would break the message apart.
 */
export function fieldText(headers: HeaderList): string {
  const { added } = headers;
  let out = headers.isWhole ? headers.text : receivedText(headers);
  for (let index = 0; index < added.length; index += 2) {
    const name = added[index]!;
    const value = added[index + 1]!;
    out += lineOf(name, value);
  }
  return out;
}

function receivedText({ text, places }: HeaderList): string {
  let out = "";
  let run = -1;
  for (let at = 0; at < places.length; at += placeSize) {
    const kind = places[at + 4]!;
    const start = places[at]!;
    if (kind === lineKind.endToEnd && !isContentLength(text, start, places[at + 1]!)) {
      if (run < 0) run = start;
    } else if (run >= 0) {
      out += text.slice(run, start);
      run = -1;
    }
  }
  // White space may stand between the last value and its CRLF.
  return run < 0 ? out : out + text.slice(run, text.indexOf("\r\n", places[places.length - 2]) + 2);
}

/** A line that was written of a field. */
interface WrittenLine {
  value: string;
  line: string;
  /** How often it was another one. */
  changes: number;
}

/** What was written of each field: most values are those of the configuration, and the same each time. */
let written: Map<string, WrittenLine> | undefined;

/** Names that are remembered; there are far fewer in a configuration. */
const mostNames = 256;

/** A field whose value changes more often is not remembered any more, as one that names the request. */
const mostChanges = 16;

/** Longer values are hardly those of a configuration. */
const longestValue = 256;

function lineOf(name: string, value: string): string {
  written ??= new Map();
  const last = written.get(name);
  if (last !== undefined && last.value === value) return last.line;
  if (isFraming(name)) return "";
  if (!isSendable(name, value)) throw new FieldError(`the field ${JSON.stringify(name)} cannot be sent with this value`);
  const line = `${name}: ${value}\r\n`;
  if (value.length <= longestValue) remember(written, last, name, line);
  return line;
}

function remember(lines: Map<string, WrittenLine>, last: WrittenLine | undefined, name: string, line: string): void {
  if (last === undefined) {
    if (lines.size < mostNames) lines.set(keptText(name), { ...copies(name, line), changes: 0 });
  } else if (last.changes < mostChanges) Object.assign(last, copies(name, line), { changes: last.changes + 1 });
}

function copies(name: string, line: string): Pick<WrittenLine, "value" | "line"> {
  const kept = keptText(line);
  return { value: kept.slice(name.length + 2, -2), line: kept };
}

export function isFraming(name: string): boolean {
  const { length } = name;
  if (length !== 14 && length !== 17 && length !== 10) return false;
  const lower = name.toLowerCase();
  return lower === "content-length" || lower === "transfer-encoding" || lower === "connection";
}

function isContentLength(text: string, start: number, end: number): boolean {
  if (end - start !== 14) return false;
  const first = text.charCodeAt(start) | 0x20;
  return first === 0x63 && text.slice(start, end).toLowerCase() === "content-length";
}

/** RFC 9110 §5.1, §5.5: a token, and no control characters. Characters beyond Latin-1 have no octet to be sent as. */
export function isSendable(name: string, value: string): boolean {
  for (let index = 0; index < value.length; index++) {
    const code = value.charCodeAt(index);
    if ((code < 0x20 && code !== 0x09) || code === 0x7f || code > 0xff) return false;
  }
  return isToken(name);
}

export function isToken(name: string): boolean {
  for (let index = 0; index < name.length; index++) {
    const code = name.charCodeAt(index);
    const isLetter = (code | 0x20) >= 0x61 && (code | 0x20) <= 0x7a;
    if (isLetter || code === 0x2d || (code >= 0x30 && code <= 0x39)) continue;
    if (!"!#$%&'*+.^_`|~".includes(name[index]!)) return false;
  }
  return name !== "";
}
