import { lengthBit } from "../fields/header-list.ts";
import { isAlphanumeric, octet, octetClass, octetClasses } from "./octets.ts";

/** Why a message cannot be read. Stable words for tests and logs. */
export type SyntaxProblem =
  | "bad-request-line"
  | "bad-status-line"
  | "bad-version"
  | "bad-field-line"
  | "bad-line-end"
  | "bad-host"
  | "bad-content-length"
  | "bad-transfer-encoding"
  | "bad-chunk"
  | "ambiguous-length"
  | "too-many-fields"
  | "head-too-large"
  | "target-too-long";

/** What a reader of a head returns. */
export const reading = { refused: -1, partial: 0, complete: 1 } as const;
export type Reading = (typeof reading)[keyof typeof reading];

/**
 * Reads field lines (RFC 9112 §5) strictly: a token, a colon at once, a value without control characters, CRLF. No
 * folding, no bare CR or LF. What the names mean is for `classify` of those who extend it.
 */
export abstract class FieldSectionReader {
  /** Set where `refused` was returned. */
  problem: SyntaxProblem = "bad-field-line";
  /** Offset behind the blank line, where `complete` was returned. */
  end = 0;
  /** Five numbers a line, for `HeaderList.received`; offsets count from the begin of the message. */
  protected places: number[] = [];
  /** Of the names, for the same. */
  protected lengths = 0;
  protected readonly classes: Uint8Array = octetClasses();
  readonly #fieldLimit: number;

  constructor(fieldLimit: number) {
    this.#fieldLimit = fieldLimit;
  }

  /** The kind of the line (`lineKind`), or -1 after `problem` was set. */
  protected abstract classify(
    bytes: Uint8Array,
    nameStart: number,
    nameEnd: number,
    valueStart: number,
    valueEnd: number,
  ): number;

  protected refuse(problem: SyntaxProblem): -1 {
    this.problem = problem;
    return reading.refused;
  }

  /** Reads lines from `from` up to the blank one. `base`: offset at which the message begins. */
  protected readFields(bytes: Uint8Array, from: number, end: number, base: number): Reading {
    const { classes } = this;
    const places: number[] = [];
    this.places = places;
    let lengths = 0;
    let at = from;
    for (;;) {
      if (at >= end) return reading.partial;
      const nameStart = at;
      while (at < end && (classes[bytes[at]!]! & octetClass.token) !== 0) at++;
      if (at >= end) return reading.partial;
      if (at === nameStart) {
        this.lengths = lengths;
        return this.#endAt(bytes, at, end);
      }
      if (bytes[at] !== octet.colon) return this.refuse("bad-field-line");
      const nameEnd = at++;
      while (at < end && (bytes[at] === octet.space || bytes[at] === octet.tab)) at++;
      const valueStart = at;
      at = valueEndAt(classes, bytes, at, end);
      if (at + 1 >= end) return at < end && bytes[at] !== octet.cr ? this.#badOctet(bytes[at]!) : reading.partial;
      if (bytes[at] !== octet.cr) return this.#badOctet(bytes[at]!);
      if (bytes[at + 1] !== octet.lf) return this.refuse("bad-line-end");
      let valueEnd = at;
      while (valueEnd > valueStart && (bytes[valueEnd - 1] === octet.space || bytes[valueEnd - 1] === octet.tab)) valueEnd--;
      if (places.length === this.#fieldLimit * 5) return this.refuse("too-many-fields");
      const kind = this.classify(bytes, nameStart, nameEnd, valueStart, valueEnd);
      if (kind < 0) return reading.refused;
      places.push(nameStart - base, nameEnd - base, valueStart - base, valueEnd - base, kind);
      lengths |= lengthBit(nameEnd - nameStart);
      at += 2;
    }
  }

  /** A line that does not begin with a name is the blank one, or wrong: a folded line among others (RFC 9112 §5.2). */
  #endAt(bytes: Uint8Array, at: number, end: number): Reading {
    if (bytes[at] !== octet.cr) return this.refuse(bytes[at] === octet.lf ? "bad-line-end" : "bad-field-line");
    if (at + 1 >= end) return reading.partial;
    if (bytes[at + 1] !== octet.lf) return this.refuse("bad-line-end");
    this.end = at + 2;
    return reading.complete;
  }

  #badOctet(code: number): -1 {
    return this.refuse(code === octet.lf ? "bad-line-end" : "bad-field-line");
  }
}

/** Behind the last octet that a value may have. Eight at a time: a token of an issuer is longer than all of the rest of the head. */
function valueEndAt(classes: Uint8Array, bytes: Uint8Array, from: number, end: number): number {
  let at = from;
  while (
    at <= end - 8 &&
    (classes[bytes[at]!]! &
      classes[bytes[at + 1]!]! &
      classes[bytes[at + 2]!]! &
      classes[bytes[at + 3]!]! &
      classes[bytes[at + 4]!]! &
      classes[bytes[at + 5]!]! &
      classes[bytes[at + 6]!]! &
      classes[bytes[at + 7]!]! &
      octetClass.value) !==
      0
  )
    at += 8;
  while (at < end && (classes[bytes[at]!]! & octetClass.value) !== 0) at++;
  return at;
}

/**
 * Whether the octets are this lower-case text in any case. The text holds letters, digits, `-` and `_` only. `isVariable`:
 * to those who know fields as variables, to whom all that is neither letter nor digit is the same (RFC 3875 §4.1.18).
 */
export function isWord(bytes: Uint8Array, start: number, lower: string, isVariable = false): boolean {
  for (let index = 0; index < lower.length; index++) {
    const code = bytes[start + index]!;
    const wanted = lower.charCodeAt(index);
    if (code === wanted || (code >= 0x41 && code <= 0x5a && (code | 0x20) === wanted)) continue;
    if (!isVariable || wanted !== octet.hyphen || isAlphanumeric(code)) return false;
  }
  return true;
}

/** Whether a list (RFC 9110 §5.6.1) has this lower-case word as one of its members, in any case and without parameters. */
export function hasMember(bytes: Uint8Array, start: number, end: number, lower: string): boolean {
  for (let at = start; at < end; ) {
    let next = at;
    while (next < end && bytes[next] !== 0x2c) next++;
    let from = at;
    while (from < next && (bytes[from] === octet.space || bytes[from] === octet.tab)) from++;
    let to = next;
    while (to > from && (bytes[to - 1] === octet.space || bytes[to - 1] === octet.tab)) to--;
    if (to - from === lower.length && isWord(bytes, from, lower)) return true;
    at = next + 1;
  }
  return false;
}

/** `Content-Length` (RFC 9110 §8.6): digits alone, few enough to count exactly. -1: anything else. */
export function contentLengthOf(bytes: Uint8Array, start: number, end: number): number {
  if (start === end || end - start > 15) return -1;
  let length = 0;
  for (let at = start; at < end; at++) {
    const digit = bytes[at]! - 0x30;
    if (digit < 0 || digit > 9) return -1;
    length = length * 10 + digit;
  }
  return length;
}

/** Options of `Connection` (RFC 9110 §7.6.1), as bits; other names are nominated fields. */
export const connectionOption = { close: 1, keepAlive: 2, upgrade: 4, nominates: 8, te: 16 } as const;

/** Reads one value of `Connection`. */
export function connectionOptions(bytes: Uint8Array, start: number, end: number): number {
  let options = 0;
  let at = start;
  while (at < end) {
    while (at < end && (bytes[at] === 0x2c || bytes[at] === octet.space || bytes[at] === octet.tab)) at++;
    const from = at;
    while (at < end && bytes[at] !== 0x2c) at++;
    let to = at;
    while (to > from && (bytes[to - 1] === octet.space || bytes[to - 1] === octet.tab)) to--;
    const length = to - from;
    if (length === 0) continue;
    if (length === 5 && isWord(bytes, from, "close")) options |= connectionOption.close;
    else if (length === 10 && isWord(bytes, from, "keep-alive")) options |= connectionOption.keepAlive;
    else if (length === 7 && isWord(bytes, from, "upgrade")) options |= connectionOption.upgrade;
    else if (length === 2 && isWord(bytes, from, "te")) options |= connectionOption.te;
    else options |= connectionOption.nominates;
  }
  return options;
}
