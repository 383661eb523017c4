import { clock } from "../../life/clock.ts";
import { type EntryRead, idLength, versionAt } from "../../stores/entries.ts";
import { ageAt, type StoredAnswer, type StoredResource, storedHead } from "../stored-answer.ts";
import { linesIn, textOf, valueIn } from "./head-text.ts";
import { marksIn, marksText } from "./marks-text.ts";

/** What is kept in a server: also which entry it was. */
export interface SharedResource extends StoredResource {
  readonly version: string;
  /** Of its base, when it was fetched. */
  readonly mark: string;
}

/**
 * The form of an entry, all numbers big endian: `GA`, the number of the form, how many answers there are; version and mark; when
 * it was written, in milliseconds since the epoch, and for how long (both as doubles); the answers. Of each answer the status
 * and its flags (16 bits each), age when the entry was written, lifetime and the two stale windows (doubles), then the lengths
 * of its parts (32 bits each) and the parts: field lines, `ETag`, `Last-Modified`, names in `Vary`, variant, by what purges know it
 * (JSON, or nothing), body.
 *
 * Whatever has another form was written by another build, and is not there.
 */
const form = 2;
const headLength = 44;
const parts = 7;
const answerLength = 64;

const flags = { isAskedFirst: 1, isNeverStale: 2, etag: 4, lastModified: 8 } as const;

export function encodeEntry({ variants, version, mark }: SharedResource, span: number): Buffer {
  const now = clock.monotonic();
  const encoded = variants.map(partsOf);
  const size = encoded.flat().reduce((sum, part) => sum + part.length, headLength + variants.length * answerLength);
  const entry = Buffer.allocUnsafe(size);
  entry.write("GA", 0, "latin1");
  entry[2] = form;
  entry[3] = variants.length;
  entry.write(version + mark, versionAt, "latin1");
  entry.writeDoubleBE(clock.wall(), headLength - 16);
  entry.writeDoubleBE(span, headLength - 8);
  let at = headLength;
  for (const [index, answer] of variants.entries()) {
    entry.writeUInt16BE(answer.status, at);
    entry.writeUInt16BE(flagsOf(answer), at + 2);
    const { lifetime, staleWhileRevalidate, staleIfError } = answer;
    for (const [place, number] of [ageAt(answer, now), lifetime, staleWhileRevalidate, staleIfError].entries())
      entry.writeDoubleBE(number, at + 4 + place * 8);
    at += 36;
    for (const part of encoded[index]!) at = entry.writeUInt32BE(part.length, at);
    for (const part of encoded[index]!) at += part.copy(entry, at);
  }
  return entry;
}

const partsOf = ({ head, etag, lastModified, varied, variant, marks, body }: StoredAnswer): readonly Buffer[] => [
  ...[textOf(head), etag ?? "", lastModified ?? "", varied.join("\n"), variant, marksText(marks)].map((text) =>
    Buffer.from(text),
  ),
  body,
];

const flagsOf = ({ isAskedFirst, isNeverStale, etag, lastModified }: StoredAnswer): number =>
  (isAskedFirst ? flags.isAskedFirst : 0) |
  (isNeverStale ? flags.isNeverStale : 0) |
  (etag === undefined ? 0 : flags.etag) |
  (lastModified === undefined ? 0 : flags.lastModified);

/** Undefined: it does not count, or was written in another form. */
export function decodeEntry({ entry, mark, left }: EntryRead): SharedResource | undefined {
  if (entry.length < headLength || entry[0] !== 0x47 || entry[1] !== 0x41 || entry[2] !== form) return undefined;
  const version = entry.toString("latin1", versionAt, versionAt + idLength);
  if (entry.toString("latin1", versionAt + idLength, versionAt + 2 * idLength) !== mark) return undefined;
  const elapsed = elapsedSince(entry.readDoubleBE(headLength - 16), entry.readDoubleBE(headLength - 8), left);
  if (elapsed === undefined) return undefined;
  const receivedAt = clock.monotonic() - elapsed;
  try {
    const variants = answersIn(entry, entry[3]!, receivedAt);
    return variants === undefined ? undefined : { variants, version, mark };
  } catch {
    // What should be JSON, or fields, is not.
    return undefined;
  }
}

/** Milliseconds that a clock may be wrong without having leapt. */
const tolerated = 1_000;

/**
 * How long ago it was written: by the clocks of two machines, and by the clock of the server, which knows how long it still is
 * there. The one counts that makes it older: a clock that was turned back makes nothing fresh again. Undefined: neither can be
 * right.
 */
function elapsedSince(writtenAt: number, span: number, left: number): number | undefined {
  const [byUs, byServer] = [clock.wall() - writtenAt, span - left];
  // Also where one of them is no number.
  if (!(Math.max(byUs, byServer) > -tolerated)) return undefined;
  return Math.max(0, byUs, byServer);
}

function answersIn(entry: Buffer, count: number, receivedAt: number): readonly StoredAnswer[] | undefined {
  const answers: StoredAnswer[] = [];
  let at = headLength;
  for (let index = 0; index < count; index++) {
    if (at + answerLength > entry.length) return undefined;
    const [status, flag] = [entry.readUInt16BE(at), entry.readUInt16BE(at + 2)];
    if (status < 200 || status > 999) return undefined;
    const start = at;
    const ends: number[] = [];
    let end = at + answerLength;
    for (let part = 0; part < parts; part++) ends.push((end += entry.readUInt32BE(start + 36 + part * 4)));
    if (end > entry.length) return undefined;
    const part = (which: number): string =>
      entry.toString("utf8", which === 0 ? start + answerLength : ends[which - 1], ends[which]);
    const varied = part(3);
    answers.push({
      status,
      head: storedHead(linesIn(part(0))),
      body: entry.subarray(ends[5], ends[6]),
      etag: flag & flags.etag ? valueIn(part(1)) : undefined,
      lastModified: flag & flags.lastModified ? valueIn(part(2)) : undefined,
      receivedAt,
      age: entry.readDoubleBE(start + 4),
      lifetime: entry.readDoubleBE(start + 12),
      staleWhileRevalidate: entry.readDoubleBE(start + 20),
      staleIfError: entry.readDoubleBE(start + 28),
      isAskedFirst: (flag & flags.isAskedFirst) !== 0,
      isNeverStale: (flag & flags.isNeverStale) !== 0,
      varied: varied === "" ? [] : varied.split("\n"),
      variant: part(4),
      ...marksIn(part(5)),
    });
    at = end;
  }
  return at === entry.length ? answers : undefined;
}
