import { type HeaderList, lineKind, placeSize } from "../fields/header-list.ts";
import { FieldError, isSendable } from "../http1/field-text.ts";

export type Fields = Record<string, string | string[]>;

/**
 * Field lines for node:http2: names in lower case, without those of the connection and the framing. Lines of one name are
 * joined, but for `Set-Cookie` (RFC 9110 §5.3). Throws a `FieldError` where an added line cannot be sent.
 */
export function answerFields({ text, places, added }: HeaderList): Fields {
  // Without a prototype, so that a field `__proto__` is one like any other.
  const fields: Fields = Object.create(null) as Fields;
  for (let at = 0; at < places.length; at += placeSize) {
    if (places[at + 4] !== lineKind.endToEnd) continue;
    add(fields, text.slice(places[at], places[at + 1]), text.slice(places[at + 2], places[at + 3]));
  }
  for (let index = 0; index < added.length; index += 2) {
    const name = added[index]!;
    const value = added[index + 1]!;
    if (!isSendable(name, value)) throw new FieldError(`the field ${JSON.stringify(name)} cannot be sent with this value`);
    add(fields, name, value);
  }
  return fields;
}

function add(fields: Fields, spelt: string, value: string): void {
  const name = spelt.toLowerCase();
  if (leftOut.includes(name)) return;
  const before = fields[name];
  if (name === "set-cookie") fields[name] = before === undefined ? [value] : [...before, value];
  else fields[name] = before === undefined ? value : `${before as string}, ${value}`;
}

/** RFC 9113 §8.2.2, and the length, which the transport knows. */
const leftOut: readonly string[] = [
  "content-length",
  "connection",
  "keep-alive",
  "proxy-connection",
  "transfer-encoding",
  "upgrade",
  "http2-settings",
  "te",
];
