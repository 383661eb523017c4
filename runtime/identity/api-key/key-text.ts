// By default import, so that an old Node can say that it is too old: see `process/node-version.ts`.
import crypto from "node:crypto";
import type { Rejection } from "../../exchange/exchange.ts";

/** Characters of the random part: 178 bits. */
export const randomLength = 30;
/** Characters of the checksum: 62^6 is more than 2^32. */
const checkLength = 6;
const alphabet = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/**
 * A new key: prefix, `_`, random part, and the CRC-32 of all that in base 62. The prefix tells people and scanners for secrets
 * what it is, the checksum that it was not mistyped; neither makes it easier to guess.
 */
export function newKeyText(prefix: string): string {
  const text = `${prefix}_${randomText(randomLength)}`;
  return text + checksum(text, text.length);
}

/** Letters and digits, each as likely as the others. */
export function randomText(length: number): string {
  let text = "";
  while (text.length < length) {
    // What is past the last multiple of 62 would make some of them likelier.
    for (const byte of crypto.randomBytes(length * 2)) if (byte < 248 && text.length < length) text += alphabet[byte % 62]!;
  }
  return text;
}

/** The key has this prefix and not the checksum that belongs to it, so that it was never made. */
export function isMistyped(key: string, prefix: string): boolean {
  if (key.charCodeAt(prefix.length) !== 0x5f || !key.startsWith(prefix)) return false;
  const end = key.length - checkLength;
  return key.length !== prefix.length + 1 + randomLength + checkLength || !key.endsWith(checksum(key, end));
}

export const mistyped: Rejection = { rejected: "invalid", reason: "The key is mistyped: its checksum is wrong." };

/** The text has the form of a key, whatever its prefix is, and the checksum that belongs to it. */
export function isKeyText(text: string): boolean {
  const end = text.length - checkLength;
  return /^[A-Za-z][A-Za-z0-9]*(?:_[A-Za-z0-9]+)*_[A-Za-z0-9]{36}$/.test(text) && text.endsWith(checksum(text, end));
}

/** CRC-32 (ISO/IEC 3309) of the first `end` characters, which are ASCII in what this is asked of. */
function checksum(text: string, end: number): string {
  let crc = -1;
  for (let index = 0; index < end; index++) {
    crc ^= text.charCodeAt(index) & 0xff;
    crc = (crc >>> 4) ^ table[crc & 15]!;
    crc = (crc >>> 4) ^ table[crc & 15]!;
  }
  let rest = ~crc >>> 0;
  let written = "";
  for (let place = 0; place < checkLength; place++) {
    written = alphabet[rest % 62]! + written;
    rest = Math.floor(rest / 62);
  }
  return written;
}

/** Of the reflected polynomial 0xEDB88320, by four bits. */
const table = [
  0, 0x1db71064, 0x3b6e20c8, 0x26d930ac, 0x76dc4190, 0x6b6b51f4, 0x4db26158, 0x5005713c, 0xedb88320, 0xf00f9344, 0xd6d6a3e8,
  0xcb61b38c, 0x9b64c2b0, 0x86d3d2d4, 0xa00ae278, 0xbdbdf21c,
];
