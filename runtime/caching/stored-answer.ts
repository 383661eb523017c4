import { keptText } from "../exchange/kept-text.ts";
import { HeaderList, lengthBit, lineKind } from "../fields/header-list.ts";
import type { KeptMarks } from "./purging/marks.ts";
import type { Takers } from "./takers.ts";

/** An answer that is kept. Times are monotonic milliseconds of this process: the clock of the machine may be turned. */
export interface StoredAnswer {
  readonly status: number;
  /** Without `Age`, and without fields that are not to be kept. */
  readonly head: StoredHead;
  readonly body: Buffer;
  /** Its own, as sent by the service; undefined: it has none, and `head` may have one that was made here. */
  readonly etag: string | undefined;
  readonly lastModified: string | undefined;
  readonly receivedAt: number;
  /** When it was received. */
  readonly age: number;
  readonly lifetime: number;
  /** Milliseconds behind its lifetime. */
  readonly staleWhileRevalidate: number;
  readonly staleIfError: number;
  /** Never used without asking the service, however fresh (RFC 9111 §5.2.2.4). */
  readonly isAskedFirst: boolean;
  /** Something may have changed what it is of: it is asked about once, by one for all. */
  readonly isDoubted?: true;
  /** Never used stale (RFC 9111 §5.2.2.2, §5.2.2.8). */
  readonly isNeverStale: boolean;
  /** Names that `Vary` has, and their values in the request for it: see `variantOf`. */
  readonly varied: readonly string[];
  readonly variant: string;
  /** Where `variant` is a digest: that of the variant of a request. */
  readonly seal?: (variant: string) => string;
  /** By what purges know it, where there are any. */
  readonly marks?: KeptMarks;
  /** What was told of it last. */
  told?: Told | undefined;
  /** Its body in content codings, by their names: see `keepCoded`. */
  coded?: Map<string, Buffer> | undefined;
  /** Who takes its body, or what was made of it, at the moment: also of what a 304 made new. */
  takers?: Takers | undefined;
  /** Called when it takes more memory; set by who keeps it. False: there is no room for that. */
  grown?: (() => boolean) | undefined;
}

/** To be asked about before it is used. */
export const doubted = (stored: StoredAnswer): StoredAnswer => ({ ...stored, isAskedFirst: true, isDoubted: true });

/**
 * Keeps its body in a content coding beside it, for as long as it is kept itself. False: it is not in the memory of this process, or
 * there is no room.
 */
export function keepCoded(stored: StoredAnswer, coding: string, bytes: Uint8Array): boolean {
  if (stored.grown === undefined) return false;
  // In memory of its own: what made it may have put it into a larger piece.
  const own = Buffer.allocUnsafeSlow(bytes.length);
  own.set(bytes);
  stored.coded ??= new Map();
  stored.coded.set(coding, own);
  return stored.grown();
}

/** What clients are told of a stored answer, which is the same for a second. */
export interface Told {
  /** Whole seconds. */
  readonly age: number;
  /** Whole seconds for which it is fresh; negative: since when it is not. */
  readonly ttl: number;
  /** With its age. */
  readonly head: StoredHead;
  /** What the cache says of a hit. */
  status: string | undefined;
}

/** Field lines as they are sent, in the form of a head that was received: see `HeaderList`. */
export interface StoredHead {
  readonly text: string;
  readonly places: readonly number[];
  readonly lengths: number;
}

/** `lines`: name and value of every line, alternating. */
export function storedHead(lines: readonly string[]): StoredHead {
  let head: StoredHead = { text: "", places: [], lengths: 0 };
  for (let at = 0; at < lines.length; at += 2) head = withLine(head, lines[at]!, lines[at + 1]!);
  return { ...head, text: keptText(head.text) };
}

function withLine({ text, places, lengths }: StoredHead, name: string, value: string): StoredHead {
  const start = text.length;
  const [nameEnd, valueStart] = [start + name.length, start + name.length + 2];
  const place = [start, nameEnd, valueStart, valueStart + value.length, lineKind.endToEnd];
  return {
    text: `${text}${name}: ${value}\r\n`,
    places: [...places, ...place],
    lengths: lengths | lengthBit(name.length),
  };
}

/** A list of its own for one answer. */
export const fieldsOfHead = ({ text, places, lengths }: StoredHead): HeaderList => HeaderList.shared(text, places, lengths);

/** What is kept for one key: the answers to requests that differ in what `Vary` names, the latest first. */
export interface StoredResource {
  readonly variants: readonly StoredAnswer[];
}

/** Answers to requests that differ in what `Vary` names, for one key. */
const mostVariants = 10;

/** With an answer that takes the place of the one that answered the same requests. */
export function withVariant(resource: StoredResource | undefined, answer: StoredAnswer): StoredResource {
  const others = (resource?.variants ?? []).filter((one) => !isReplaced(one, answer));
  return { variants: [answer, ...others.slice(0, mostVariants - 1)] };
}

const isReplaced = (one: StoredAnswer, by: StoredAnswer): boolean =>
  one.variant === by.variant && one.varied.join() === by.varied.join();

/** Bytes in memory, about, with what was told of it last. */
export const sizeOf = ({ variants }: StoredResource, key: string): number =>
  variants.reduce((sum, one) => sum + sizeOfAnswer(one), key.length * 2 + 200);

/** Of its body, with what was made of it. */
export const sizeOfContent = ({ body, coded }: StoredAnswer): number => body.length + sizeOfCoded(coded);

const sizeOfAnswer = (answer: StoredAnswer): number => sizeOfContent(answer) + sizeOfHead(answer);

const sizeOfHead = ({ head, varied, variant, marks }: StoredAnswer): number =>
  (head.text.length + head.places.length * 8) * 2 + varied.length * 48 + variant.length + (marks?.bytes ?? 0) + 900;

function sizeOfCoded(coded: StoredAnswer["coded"]): number {
  let size = 0;
  if (coded !== undefined) for (const { length } of coded.values()) size += length + 200;
  return size;
}

export const ageAt = ({ age, receivedAt }: StoredAnswer, now: number): number => age + Math.max(0, now - receivedAt);

export function toldAt(stored: StoredAnswer, now: number): Told {
  const current = ageAt(stored, now);
  const age = Math.floor(current / 1_000);
  const ttl = stored.isAskedFirst ? 0 : Math.floor((stored.lifetime - current) / 1_000);
  const { told } = stored;
  if (told !== undefined && told.age === age && told.ttl === ttl) return told;
  return (stored.told = { age, ttl, head: withLine(stored.head, "Age", String(age)), status: undefined });
}

/** Milliseconds for which it is fresh; negative: how long it has been stale. */
export const freshFor = (stored: StoredAnswer, now: number): number =>
  stored.isAskedFirst ? Number.NEGATIVE_INFINITY : stored.lifetime - ageAt(stored, now);

export const mayBeStale = (stored: StoredAnswer, within: number, now: number): boolean =>
  !stored.isAskedFirst && !stored.isNeverStale && ageAt(stored, now) - stored.lifetime < within;

/** What belongs to one connection or one message (RFC 9110 §7.6.1, RFC 9111 §3.1), and what is made anew for each answer. */
const never: readonly string[] = [
  "age",
  "connection",
  "content-length",
  "keep-alive",
  "proxy-authenticate",
  "proxy-authentication-info",
  "proxy-authorization",
  "proxy-connection",
  "te",
  "trailer",
  "transfer-encoding",
  "upgrade",
];

/** The field lines to keep; `without`: further names, in lower case. */
export function keptLines(headers: HeaderList, without: readonly string[]): string[] {
  const named = (headers.get("connection") ?? "").split(",").map((name) => name.trim().toLowerCase());
  return linesWithout(headers.lines, (name) => never.includes(name) || named.includes(name) || without.includes(name));
}

function linesWithout(lines: readonly string[], isLeftOut: (name: string) => boolean): string[] {
  const kept: string[] = [];
  for (let at = 0; at < lines.length; at += 2) {
    // A slice of a head would keep all of it in memory.
    if (!isLeftOut(lines[at]!.toLowerCase())) kept.push(keptText(lines[at]!), keptText(lines[at + 1]!));
  }
  return kept;
}

/**
 * Fields that are about the bytes of the content, which a 304 does not have (RFC 9111 §3.2), and the validator by which it was
 * found that they are still the same.
 */
const ofContent: readonly string[] = [
  "content-digest",
  "content-encoding",
  "content-length",
  "content-md5",
  "content-range",
  "etag",
  "repr-digest",
];

/** The stored lines as a 304 updates them (RFC 9111 §3.2, §4.3.4). */
export function updatedLines(stored: readonly string[], validated: readonly string[]): string[] {
  const fresh = linesWithout(validated, (name) => ofContent.includes(name));
  const names = new Set(fresh.filter((_, at) => at % 2 === 0).map((name) => name.toLowerCase()));
  return [...linesWithout(stored, (name) => names.has(name)), ...fresh];
}

/** Lines without fields of these names, in lower case. */
export const withoutFields = (lines: readonly string[], names: readonly string[]): string[] =>
  linesWithout(lines, (name) => names.includes(name));
