import { clock } from "../../life/clock.ts";
import type { EntryRead } from "../../stores/entries.ts";
import {
  contentAt,
  form,
  headLength,
  idLength,
  isOf,
  markAt,
  mostMs,
  nameAt,
  ageAt as partAgeAt,
  spanAt,
  textAt,
  tolerated,
  versionAt,
  whoseLength,
  writtenAt,
} from "../../stores/entry-form.ts";
import { ageAt, doubted, type StoredAnswer, type StoredResource, storedHead } from "../stored-answer.ts";
import { linesIn, textOf, valueIn } from "./head-text.ts";
import { marksIn, marksText } from "./marks-text.ts";
import { hashed } from "./names.ts";
import { sealIn, variantText } from "./sealed-variant.ts";

/** What is kept in a server: also which entry it was. */
export interface SharedResource extends StoredResource {
  readonly version: string;
  /** Of its base, when it was fetched. */
  readonly mark: string;
}

/**
 * What a part of an entry has of an answer (see `entry-form.ts`), all numbers big endian: the epoch in which it was fetched
 * (`idLength` characters; see `Contact`), status and flags (16 bits each), lifetime and the two stale windows in milliseconds (doubles), then the lengths of its pieces (32 bits each) and the pieces: field
 * lines, `ETag`, `Last-Modified`, names in `Vary`, variant or its digest (see `sealed-variant.ts`), by what purges know it (JSON, or nothing), body.
 */
const pieces = 7;
const statusAt = idLength;
const lifetimeAt = statusAt + 4;
const lengthsAt = lifetimeAt + 3 * 8;
const answerLength = lengthsAt + pieces * 4;

const flags = { isAskedFirst: 1, isNeverStale: 2, etag: 4, lastModified: 8 } as const;

/** What an entry says of itself. */
export interface EntryHead {
  readonly version: string;
  readonly mark: string;
  readonly whose: string;
  readonly epoch: string;
  /** Milliseconds for which it is kept. */
  readonly span: number;
}

/** An entry that has one answer. */
export function encodeEntry(answer: StoredAnswer, { version, mark, whose, epoch, span }: EntryHead): Buffer {
  const variant = variantText(answer, whose);
  const made = piecesOf(answer, variant);
  const length = made.reduce((sum, piece) => sum + piece.length, contentAt + answerLength);
  const entry = Buffer.alloc(headLength + length);
  entry.write("GA", "latin1");
  entry[2] = form;
  entry[3] = 1;
  entry.write(version + mark + whose, versionAt, "latin1");
  entry.writeUIntBE(Math.floor(clock.wall()), writtenAt, 6);
  entry.writeUIntBE(Math.max(1, Math.ceil(span)), spanAt, 6);
  entry.writeUInt32BE(length - 4, headLength);
  entry.write(partName(answer.varied, variant), headLength + nameAt, "latin1");
  entry.writeUIntBE(Math.min(mostMs, Math.ceil(ageAt(answer, clock.monotonic()))), headLength + partAgeAt, 6);
  let at = headLength + contentAt;
  entry.write(epoch, at, "latin1");
  entry.writeUInt16BE(answer.status, at + statusAt);
  entry.writeUInt16BE(flagsOf(answer), at + statusAt + 2);
  const { lifetime, staleWhileRevalidate, staleIfError } = answer;
  for (const [place, number] of [lifetime, staleWhileRevalidate, staleIfError].entries())
    entry.writeDoubleBE(number, at + lifetimeAt + place * 8);
  at += lengthsAt;
  for (const piece of made) at = entry.writeUInt32BE(piece.length, at);
  for (const piece of made) at += piece.copy(entry, at);
  return entry;
}

/** Of two answers with one name, the later one takes the place of the other. */
const partName = (varied: readonly string[], variant: string): string =>
  hashed(`${varied.join()}\n${variant}`).slice(0, whoseLength);

const piecesOf = ({ head, etag, lastModified, varied, marks, body }: StoredAnswer, variant: string): readonly Buffer[] => [
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

/** Undefined: it does not count, or is not what was asked for. `epoch`: that of now. */
export function decodeEntry({ entry, mark, left }: EntryRead, whose: string, epoch: string): SharedResource | undefined {
  if (!isOf(entry, whose)) return undefined;
  const version = textAt(entry, versionAt, idLength);
  if (textAt(entry, markAt, idLength) !== mark) return undefined;
  const elapsed = elapsedSince(entry.readUIntBE(writtenAt, 6), entry.readUIntBE(spanAt, 6), left);
  if (elapsed === undefined) return undefined;
  const receivedAt = clock.monotonic() - elapsed;
  try {
    const variants = answersIn(entry, entry[3]!, receivedAt, epoch, sealIn(whose));
    return variants === undefined ? undefined : { variants, version, mark };
  } catch {
    // What should be JSON, or fields, is not.
    return undefined;
  }
}

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

function answersIn(
  entry: Buffer,
  count: number,
  receivedAt: number,
  epoch: string,
  sealOf: ReturnType<typeof sealIn>,
): readonly StoredAnswer[] | undefined {
  const answers: StoredAnswer[] = [];
  let at = headLength;
  for (let index = 0; index < count; index++) {
    if (at + contentAt + answerLength > entry.length) return undefined;
    const end = at + 4 + entry.readUInt32BE(at);
    if (end > entry.length) return undefined;
    const answer = answerIn(entry.subarray(at + contentAt, end), entry.readUIntBE(at + partAgeAt, 6), receivedAt, sealOf);
    if (answer === undefined) return undefined;
    answers.push(textAt(entry, at + contentAt, idLength) === epoch ? answer : doubted(answer));
    at = end;
  }
  return at === entry.length && count > 0 ? answers : undefined;
}

function answerIn(part: Buffer, age: number, receivedAt: number, sealOf: ReturnType<typeof sealIn>): StoredAnswer | undefined {
  if (part.length < answerLength) return undefined;
  const [status, flag] = [part.readUInt16BE(statusAt), part.readUInt16BE(statusAt + 2)];
  if (status < 200 || status > 999) return undefined;
  const ends = [answerLength];
  for (let piece = 0; piece < pieces; piece++) ends.push(ends[piece]! + part.readUInt32BE(lengthsAt + piece * 4));
  if (ends[pieces] !== part.length) return undefined;
  const text = (piece: number): string => part.toString("utf8", ends[piece], ends[piece + 1]);
  const varied = text(3);
  return {
    status,
    head: storedHead(linesIn(text(0))),
    body: part.subarray(ends[6], ends[7]),
    etag: flag & flags.etag ? valueIn(text(1)) : undefined,
    lastModified: flag & flags.lastModified ? valueIn(text(2)) : undefined,
    receivedAt,
    age,
    lifetime: part.readDoubleBE(lifetimeAt),
    staleWhileRevalidate: part.readDoubleBE(lifetimeAt + 8),
    staleIfError: part.readDoubleBE(lifetimeAt + 16),
    isAskedFirst: (flag & flags.isAskedFirst) !== 0,
    isNeverStale: (flag & flags.isNeverStale) !== 0,
    varied: varied === "" ? [] : varied.split("\n"),
    variant: text(4),
    ...sealOf(text(4)),
    ...marksIn(text(5)),
  };
}
