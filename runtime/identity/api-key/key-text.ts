// By default import, so that an old Node can say that it is too old: see `process/node-version.ts`.
import crypto from "node:crypto";
import type { Rejection } from "../../exchange/exchange.ts";

/** Characters of the random part: 178 bits. */
export const randomLength = 30;
/** Characters of the checksum: 62^6 is more than 2^32. */
const checkLength = 6;
const alphabet = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/** Letters and digits, each as likely as the others. */
export function randomText(length: number): string {
  let text = "";
  while (text.length < length) {
    // What is past the last multiple of 62 would make some of them likelier.
    for (const byte of crypto.randomBytes(length * 2)) if (byte < 248 && text.length < length) text += alphabet[byte % 62]!;
  }
  return text;
}

const mistyped: Rejection = { rejected: "invalid", reason: "The key is mistyped: its checksum is wrong." };
const unknown: Rejection = { rejected: "invalid", reason: "The key is not known." };
/** Characters of the random part that tell one key from another in lists, and say nothing of the rest. */
export const hintLength = 4;

/**
 * The form of keys that are made here: prefix, `_`, random part, and the CRC-32 of all that in base 62. The prefix tells people
 * and scanners for secrets what it is, the checksum that it was not mistyped; neither makes it easier to guess.
 */
export class KeyForm {
  /** CRC-32 (ISO/IEC 3309) of each octet, by the reflected polynomial. */
  readonly #table = new Int32Array(256);

  constructor() {
    for (let octet = 0; octet < 256; octet++) {
      let crc = octet;
      for (let bit = 0; bit < 8; bit++) crc = (crc & 1) === 0 ? crc >>> 1 : (crc >>> 1) ^ 0xedb88320;
      this.#table[octet] = crc;
    }
  }

  newKey(prefix: string): string {
    const text = `${prefix}_${randomText(randomLength)}`;
    let rest = this.#sum(text, text.length);
    let written = "";
    for (let place = 0; place < checkLength; place++) {
      written = alphabet[rest % 62]! + written;
      rest = Math.floor(rest / 62);
    }
    return text + written;
  }

  /** The key has this prefix and not the checksum that belongs to it, so that it was never made. */
  isMistyped(key: string, prefix: string): boolean {
    if (!this.#hasPrefix(key, prefix)) return false;
    return key.length !== prefix.length + 1 + randomLength + checkLength || !this.#isWhole(key);
  }

  /** Why a key that nobody has does not count; one of another form claims to be of nobody. */
  refusal(key: string, prefix: string): Rejection | "invalid" {
    if (!this.#hasPrefix(key, prefix)) return "invalid";
    const why = this.isMistyped(key, prefix) ? mistyped : unknown;
    return { ...why, about: key.slice(0, prefix.length + 1 + hintLength) };
  }

  #hasPrefix(key: string, prefix: string): boolean {
    return key.charCodeAt(prefix.length) === 0x5f && key.startsWith(prefix);
  }

  /** The text has the form of a key, whatever its prefix is, and the checksum that belongs to it. */
  isKey(text: string): boolean {
    return /^[A-Za-z][A-Za-z0-9]*(?:_[A-Za-z0-9]+)*_[A-Za-z0-9]{36}$/.test(text) && this.#isWhole(text);
  }

  #isWhole(text: string): boolean {
    const end = text.length - checkLength;
    let written = 0;
    for (let index = end; index < text.length; index++) {
      const digit = digitOf(text.charCodeAt(index));
      if (digit < 0) return false;
      written = written * 62 + digit;
    }
    return written === this.#sum(text, end);
  }

  /** Of the first `end` characters, which are ASCII in what this is asked of. */
  #sum(text: string, end: number): number {
    const table = this.#table;
    let crc = -1;
    for (let index = 0; index < end; index++) crc = (crc >>> 8) ^ table[(crc ^ text.charCodeAt(index)) & 255]!;
    return ~crc >>> 0;
  }
}

/** In the order of the alphabet; -1: it is not in it. */
function digitOf(code: number): number {
  if (code >= 0x30 && code <= 0x39) return code - 0x30;
  if (code >= 0x41 && code <= 0x5a) return code - 0x41 + 10;
  return code >= 0x61 && code <= 0x7a ? code - 0x61 + 36 : -1;
}
