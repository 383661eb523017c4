import {
  ageAt,
  contentAt,
  form,
  headLength,
  idLength,
  nameAt,
  spanAt,
  textAt,
  whoseLength,
  writtenAt,
} from "../../../runtime/stores/entry-form.ts";

/** A text of the length that marks, versions and owners have. */
export const id = (text: string): string => text.padEnd(idLength, "-");
/** Of the length that says whose an entry is, and what a part is called. */
export const name = (text: string): string => text.padEnd(whoseLength, "-");

export const whose = name("whose");

export interface EntryText {
  readonly part?: string;
  readonly text?: string;
  readonly span?: number;
  readonly at?: number;
  readonly whose?: string;
}

/** An entry with one part, as the gateway makes them, as far as servers look. */
export function entryOf(version: string, mark: string, told: EntryText = {}): Buffer {
  const { part = "one", text = "\u0000\r\n\u00ff", span = 30_000, at = Date.now() } = told;
  const content = Buffer.from(text, "latin1");
  const entry = Buffer.alloc(headLength + contentAt);
  entry.write(`GA${String.fromCharCode(form, 1)}${id(version)}${mark}${told.whose ?? whose}`, "latin1");
  entry.writeUIntBE(at, writtenAt, 6);
  entry.writeUIntBE(span, spanAt, 6);
  entry.writeUInt32BE(contentAt - 4 + content.length, headLength);
  entry.write(name(part), headLength + nameAt, "latin1");
  return Buffer.concat([entry, content]);
}

/** What an entry has: of each part its name, content and age. */
export function partsIn(entry: Buffer): { readonly name: string; readonly text: string; readonly age: number }[] {
  const parts = [];
  for (let at = headLength; at < entry.length; ) {
    const end = at + 4 + entry.readUInt32BE(at);
    const text = entry.toString("latin1", at + contentAt, end);
    parts.push({ name: textAt(entry, at + nameAt, whoseLength).replace(/-+$/, ""), text, age: entry.readUIntBE(at + ageAt, 6) });
    at = end;
  }
  if (parts.length !== entry[3]) throw new Error("the entry counts its parts wrongly");
  return parts;
}
