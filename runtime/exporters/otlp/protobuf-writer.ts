import { ByteBuffer } from "../byte-buffer.ts";

/** Longest text that is written byte by byte: past it, the native encoder is quicker. */
const shortText = 64;

/**
 * Writes messages of Protocol Buffers into one buffer that it keeps. Numbers of fields are below 16, so that a tag is one byte: the
 * messages of OTLP have no others that are written here, but for those of two bytes, which say so.
 */
export class ProtobufWriter extends ByteBuffer {
  /** What was written, in a buffer of its own; it begins anew. */
  finish(): Uint8Array {
    const written = Buffer.from(this.bytes.subarray(0, this.end));
    this.end = 0;
    return written;
  }

  /** Begins a message in a field; `close` ends it. `size`: bytes that its length is likely to take. */
  open(field: number, size: 1 | 2): number {
    this.reserve(8);
    this.bytes[this.end] = (field << 3) | 2;
    this.end += 1 + size;
    return this.end;
  }

  /** The length goes in front, where `size` bytes were left for it. */
  close(start: number, size: number): void {
    const length = this.end - start;
    let at = start - size;
    const needed = varintSize(length);
    if (needed !== size) {
      this.reserve(8);
      this.bytes.copyWithin(at + needed, start, this.end);
      this.end += needed - size;
    }
    const { bytes } = this;
    let rest = length;
    for (; rest > 127; rest >>>= 7) bytes[at++] = (rest & 127) | 128;
    bytes[at] = rest;
  }

  text(field: number, text: string): void {
    const { length } = text;
    // Up to three bytes for each unit of UTF-16.
    this.reserve(length * 3 + 8);
    this.bytes[this.end] = (field << 3) | 2;
    const end = length <= shortText ? asciiAt(this.bytes, this.end + 1, text) : -1;
    if (end >= 0) {
      this.end = end;
      return;
    }
    const size = varintSize(length);
    const start = this.end + 1 + size;
    this.end = start + this.bytes.write(text, start);
    this.close(start, size);
  }

  /** `KeyValue` with a text, where both are short and ASCII, as most are; false where not, and nothing is written then. */
  shortPair(field: number, key: string, value: string): boolean {
    const length = 4 + key.length + value.length;
    // Lengths of one byte.
    if (key.length > shortText || length > 125) return false;
    this.reserve(length + 4);
    const { bytes, end } = this;
    bytes[end] = (field << 3) | 2;
    bytes[end + 1] = length + 2;
    bytes[end + 2] = 0x0a;
    let at = asciiAt(bytes, end + 3, key);
    if (at < 0) return false;
    bytes[at] = 0x12;
    bytes[at + 1] = value.length + 2;
    bytes[at + 2] = 0x0a;
    at = asciiAt(bytes, at + 3, value);
    if (at < 0) return false;
    this.end = at;
    return true;
  }

  /**
   * `KeyValue` whose begin is known, up to the tag of the value, with a text; false where it is not short or not ASCII, and nothing
   * is written then.
   */
  keyAndText(words: Int32Array, length: number, value: string): boolean {
    const whole = length + 1 + value.length;
    if (whole > 129) return false;
    this.reserve(whole + 4);
    const { bytes, end } = this;
    this.#words(words);
    bytes[end + length - 1] = 0x0a;
    const last = asciiAt(bytes, end + length, value);
    if (last < 0) return false;
    bytes[end + 1] = whole - 2;
    bytes[end + length - 2] = value.length + 2;
    this.end = last;
    return true;
  }

  /** The same with a whole number of at most 28 bits; false where it is another one. */
  keyAndNumber(words: Int32Array, length: number, value: number): boolean {
    if (!(value >= 0 && value < 2 ** 28 && Number.isInteger(value)) || length > 120) return false;
    this.reserve(length + 8);
    const { bytes, end } = this;
    this.#words(words);
    bytes[end + length - 1] = 0x18;
    let at = end + length;
    let rest = value;
    for (; rest > 127; rest >>>= 7) bytes[at++] = (rest & 127) | 128;
    bytes[at++] = rest;
    bytes[end + 1] = at - end - 2;
    bytes[end + length - 2] = at - end - length + 1;
    this.end = at;
    return true;
  }

  /** At the end, which stays where it is. */
  #words(words: Int32Array): void {
    const { view } = this;
    let at = this.end;
    for (let index = 0; index < words.length; index++) {
      view.setInt32(at, words[index]!, true);
      at += 4;
    }
  }

  /** Bytes that are written as hexadecimal digits; left out where there are none. */
  hex(field: number, digits: string): void {
    const { length } = digits;
    if (length < 2) return;
    this.reserve(length + 8);
    const { bytes } = this;
    let at = this.end;
    bytes[at++] = (field << 3) | 2;
    bytes[at++] = length >> 1;
    for (let index = 0; index < length; index += 2)
      bytes[at++] = (nibble(digits.charCodeAt(index)) << 4) | nibble(digits.charCodeAt(index + 1));
    this.end = at;
  }

  /** A whole number of at most 32 bits, not negative. */
  uint(field: number, value: number): void {
    this.reserve(8);
    this.bytes[this.end++] = field << 3;
    this.#varint(value);
  }

  bool(field: number, value: boolean): void {
    this.uint(field, value ? 1 : 0);
  }

  /** int64, of a whole number that a double holds exactly. */
  int64(field: number, value: number): void {
    this.reserve(16);
    this.bytes[this.end++] = field << 3;
    if (value >= 0) return this.#varint(value);
    // Two's complement of 64 bits, always ten bytes.
    let rest = BigInt.asUintN(64, BigInt(value));
    for (; rest > 127n; rest >>= 7n) this.bytes[this.end++] = Number(rest & 127n) | 128;
    this.bytes[this.end++] = Number(rest);
  }

  double(field: number, value: number): void {
    this.reserve(16);
    this.bytes[this.end++] = (field << 3) | 1;
    this.view.setFloat64(this.end, value, true);
    this.end += 8;
  }

  /** A tag of two bytes, for fields from 16 on. */
  fixed32Above15(field: number, value: number): void {
    this.reserve(16);
    this.bytes[this.end++] = ((field << 3) & 127) | 5 | 128;
    this.bytes[this.end++] = field >> 4;
    this.view.setUint32(this.end, value, true);
    this.end += 4;
  }

  /** fixed64, of a whole number that a double holds exactly. */
  fixed64(field: number, value: number): void {
    this.#fixed64(field, Math.floor(value / 2 ** 32), value % 2 ** 32);
  }

  /** Milliseconds since the epoch with a fraction, as fixed64 of nanoseconds: more than a double holds, so in two halves. */
  nanoseconds(field: number, milliseconds: number): void {
    const whole = Math.floor(milliseconds);
    const fraction = Math.round((milliseconds - whole) * 1e6);
    // whole * 1e6 + fraction, of which 20 bits of `whole` are taken apart. Not by `%`, which is slow for such numbers.
    const upper = Math.floor(whole / 2 ** 20);
    const above = upper * 1e6;
    const high = Math.floor(above / 4096);
    const below = (above - high * 4096) * 2 ** 20 + (whole - upper * 2 ** 20) * 1e6 + fraction;
    const carried = Math.floor(below / 2 ** 32);
    this.#fixed64(field, high + carried, below - carried * 2 ** 32);
  }

  /** Packed numbers of 64 bits. */
  packed(field: number, values: readonly number[], kind: "fixed64" | "double" | "varint"): void {
    if (values.length === 0) return;
    const start = this.open(field, 1);
    this.reserve(values.length * 8);
    for (const value of values) {
      if (kind === "varint") {
        this.#varint(value);
        continue;
      }
      if (kind === "double") this.view.setFloat64(this.end, value, true);
      else {
        this.view.setUint32(this.end, value % 2 ** 32, true);
        this.view.setUint32(this.end + 4, Math.floor(value / 2 ** 32), true);
      }
      this.end += 8;
    }
    this.close(start, 1);
  }

  #fixed64(field: number, high: number, low: number): void {
    this.reserve(16);
    const { view, end } = this;
    view.setUint8(end, (field << 3) | 1);
    view.setUint32(end + 1, low, true);
    view.setUint32(end + 5, high, true);
    this.end = end + 9;
  }

  #varint(value: number): void {
    let rest = value;
    for (; rest > 0xffff_ffff; rest = Math.floor(rest / 128)) this.bytes[this.end++] = (rest % 128) | 128;
    for (; rest > 127; rest >>>= 7) this.bytes[this.end++] = (rest & 127) | 128;
    this.bytes[this.end++] = rest;
  }
}

/** A length of one byte and the text, which is not longer than that tells: where it ends. -1 where it is not ASCII alone. */
function asciiAt(bytes: Buffer, at: number, text: string): number {
  const { length } = text;
  const start = at + 1;
  bytes[at] = length;
  for (let index = 0; index < length; index++) {
    const code = text.charCodeAt(index);
    if (code > 127) return -1;
    bytes[start + index] = code;
  }
  return start + length;
}

export const varintSize = (value: number): number =>
  value < 2 ** 7 ? 1 : value < 2 ** 14 ? 2 : value < 2 ** 21 ? 3 : value < 2 ** 28 ? 4 : 5;

/** Of a lower-case digit: letters, and they alone, have bit 64. */
const nibble = (code: number): number => (code & 15) + (code >> 6) * 9;
