/**
 * The form of an entry, as servers and those who put parts together look at it. Numbers are whole ones, big endian.
 *
 * - `GA`, the number of the form, how many parts there are (a byte each);
 * - version and mark (`idLength` characters each);
 * - whose it is (`whoseLength` characters): what tells it from the entry of another key that has the same name;
 * - when it was written, in milliseconds since the epoch, and for how long (6 bytes each);
 * - the parts. Of each: length of what follows (4 bytes), its name (`whoseLength` characters), how old it was when the entry was
 *   written, in milliseconds (6 bytes), and its content, of which servers know nothing.
 *
 * Whatever has another form was written by another build, and is not there.
 */
export const form = 3;

/** Marks, versions and owners have this many characters of one byte. */
export const idLength = 12;
export const whoseLength = 18;

export const versionAt = 4;
export const markAt = versionAt + idLength;
export const whoseAt = markAt + idLength;
export const writtenAt = whoseAt + whoseLength;
export const spanAt = writtenAt + 6;
export const headLength = spanAt + 6;

/** Of a part, from its begin. */
export const nameAt = 4;
export const ageAt = nameAt + whoseLength;
export const contentAt = ageAt + 6;

/** More milliseconds than anything is kept for. */
export const mostMs = 2 ** 47;
/** Milliseconds that a clock may be wrong without having leapt. */
export const tolerated = 1_000;

/** The text of so many bytes at a place. */
export const textAt = (entry: Buffer, at: number, length: number): string => entry.toString("latin1", at, at + length);

/** It has the form of now, and is that of a key: a server may mix up what it is asked, and two keys may have one name. */
export const isOf = (entry: Buffer, whose: string): boolean =>
  entry.length > headLength && textAt(entry, 0, 2) === "GA" && entry[2] === form && textAt(entry, whoseAt, whoseLength) === whose;

/** Most parts and bytes of an entry. */
export interface EntryBounds {
  readonly parts: number;
  readonly bytes: number;
}

/** An entry, and for how many milliseconds it is kept. */
export interface WholeEntry {
  readonly entry: Buffer;
  readonly span: number;
  readonly parts: number;
}

/**
 * What has one part, with the parts of what is there behind it that have other names, as far as there is room: the same as the
 * script of entries does in Redis. `left`: milliseconds for which `before` would still be there.
 */
export function withPartsOf(made: Buffer, before: Buffer | undefined, left: number, bounds: EntryBounds): WholeEntry {
  const span = made.readUIntBE(spanAt, 6);
  const passed = before === undefined ? undefined : passedBetween(made, before, left);
  if (before === undefined || passed === undefined) return { entry: made, span, parts: 1 };
  const name = textAt(made, headLength + nameAt, whoseLength);
  const kept: Buffer[] = [];
  let size = made.length;
  for (let at = headLength; at + contentAt <= before.length && kept.length < bounds.parts - 1; ) {
    const end = at + 4 + before.readUInt32BE(at);
    if (end > before.length || end < at + contentAt) break;
    if (textAt(before, at + nameAt, whoseLength) !== name && size + end - at <= bounds.bytes) {
      const part = Buffer.from(before.subarray(at, end));
      part.writeUIntBE(Math.min(mostMs, part.readUIntBE(ageAt, 6) + passed), ageAt, 6);
      kept.push(part);
      size += part.length;
    }
    at = end;
  }
  const entry = Buffer.concat([made, ...kept]);
  const whole = Math.max(span, left);
  entry[3] = kept.length + 1;
  entry.writeUIntBE(whole, spanAt, 6);
  return { entry, span: whole, parts: kept.length + 1 };
}

/** By how much what is there has aged: by the clocks of those who wrote, and by that of the server. Undefined: it does not count. */
function passedBetween(made: Buffer, before: Buffer, left: number): number | undefined {
  if (before.length <= headLength) return undefined;
  const isAlike = textAt(made, 0, 3) === textAt(before, 0, 3);
  if (!isAlike || textAt(made, markAt, writtenAt - markAt) !== textAt(before, markAt, writtenAt - markAt)) return undefined;
  const byWriters = made.readUIntBE(writtenAt, 6) - before.readUIntBE(writtenAt, 6);
  const passed = Math.max(byWriters, before.readUIntBE(spanAt, 6) - left);
  return passed > -tolerated ? Math.max(0, passed) : undefined;
}
