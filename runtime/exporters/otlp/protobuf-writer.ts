/** Bytes at the beginning; it doubles as it needs. */
const firstSize = 16_384;

/** Longest text that is written byte by byte: past it, the native encoder is quicker. */
const shortText = 48;

/**
 * Writes messages of Protocol Buffers into one buffer that it keeps. Numbers of fields are below 16, so that a tag is one byte: the
 * messages of OTLP have no others that are written here, but for those of two bytes, which say so.
 */
export class ProtobufWriter {
  #bytes = Buffer.allocUnsafeSlow(firstSize);
  #at = 0;

  /** What was written, in a buffer of its own; it begins anew. */
  finish(): Uint8Array {
    const written = Buffer.from(this.#bytes.subarray(0, this.#at));
    this.#at = 0;
    return written;
  }

  /** Begins a message in a field; `close` ends it. `size`: bytes that its length is likely to take. */
  open(field: number, size: 1 | 2): number {
    this.#reserve(8);
    this.#bytes[this.#at++] = (field << 3) | 2;
    this.#at += size;
    return this.#at;
  }

  /** The length goes in front, where `size` bytes were left for it. */
  close(start: number, size: number): void {
    const length = this.#at - start;
    let at = start - size;
    const needed = varintSize(length);
    if (needed !== size) {
      this.#reserve(8);
      this.#bytes.copyWithin(at + needed, start, this.#at);
      this.#at += needed - size;
    }
    let rest = length;
    for (; rest > 127; rest >>>= 7) this.#bytes[at++] = (rest & 127) | 128;
    this.#bytes[at] = rest;
  }

  text(field: number, text: string): void {
    const { length } = text;
    // Up to three bytes for each unit of UTF-16.
    this.#reserve(length * 3 + 8);
    this.#bytes[this.#at++] = (field << 3) | 2;
    if (length <= shortText && this.#plain(text)) return;
    const size = varintSize(length);
    const start = this.#at + size;
    this.#at = start + this.#bytes.write(text, start);
    this.close(start, size);
  }

  /** ASCII alone, whose length is known before; false where it is not, and nothing was written then. */
  #plain(text: string): boolean {
    const bytes = this.#bytes;
    const at = this.#at + 1;
    for (let index = 0; index < text.length; index++) {
      const code = text.charCodeAt(index);
      if (code > 127) return false;
      bytes[at + index] = code;
    }
    bytes[this.#at] = text.length;
    this.#at = at + text.length;
    return true;
  }

  /** Bytes that are written as hexadecimal digits; left out where there are none. */
  hex(field: number, digits: string): void {
    const length = digits.length >> 1;
    if (length === 0) return;
    this.#reserve(length + 8);
    this.#bytes[this.#at++] = (field << 3) | 2;
    this.#bytes[this.#at++] = length;
    for (let index = 0; index < digits.length; index += 2)
      this.#bytes[this.#at++] = (nibble(digits.charCodeAt(index)) << 4) | nibble(digits.charCodeAt(index + 1));
  }

  /** A whole number of at most 32 bits, not negative. */
  uint(field: number, value: number): void {
    this.#reserve(8);
    this.#bytes[this.#at++] = field << 3;
    this.#varint(value);
  }

  bool(field: number, value: boolean): void {
    this.uint(field, value ? 1 : 0);
  }

  /** int64, of a whole number that a double holds exactly. */
  int64(field: number, value: number): void {
    this.#reserve(16);
    this.#bytes[this.#at++] = field << 3;
    if (value >= 0) return this.#varint(value);
    // Two's complement of 64 bits, always ten bytes.
    let rest = BigInt.asUintN(64, BigInt(value));
    for (; rest > 127n; rest >>= 7n) this.#bytes[this.#at++] = Number(rest & 127n) | 128;
    this.#bytes[this.#at++] = Number(rest);
  }

  double(field: number, value: number): void {
    this.#reserve(16);
    this.#bytes[this.#at++] = (field << 3) | 1;
    this.#at = this.#bytes.writeDoubleLE(value, this.#at);
  }

  /** A tag of two bytes, for fields from 16 on. */
  fixed32Above15(field: number, value: number): void {
    this.#reserve(16);
    this.#bytes[this.#at++] = ((field << 3) & 127) | 5 | 128;
    this.#bytes[this.#at++] = field >> 4;
    this.#at = this.#bytes.writeUInt32LE(value, this.#at);
  }

  /** fixed64, of a whole number that a double holds exactly. */
  fixed64(field: number, value: number): void {
    this.#fixed64(field, Math.floor(value / 2 ** 32), value % 2 ** 32);
  }

  /** Milliseconds since the epoch with a fraction, as fixed64 of nanoseconds: more than a double holds, so in two halves. */
  nanoseconds(field: number, milliseconds: number): void {
    const whole = Math.floor(milliseconds);
    const fraction = Math.round((milliseconds - whole) * 1e6);
    // whole * 1e6 + fraction, of which 20 bits of `whole` are taken apart.
    const above = Math.floor(whole / 2 ** 20) * 1e6;
    const below = (above % 4096) * 2 ** 20 + (whole % 2 ** 20) * 1e6 + fraction;
    this.#fixed64(field, Math.floor(above / 4096) + Math.floor(below / 2 ** 32), below % 2 ** 32);
  }

  /** Packed numbers of 64 bits. */
  packed(field: number, values: readonly number[], kind: "fixed64" | "double"): void {
    if (values.length === 0) return;
    const start = this.open(field, 1);
    this.#reserve(values.length * 8);
    for (const value of values) {
      if (kind === "double") this.#at = this.#bytes.writeDoubleLE(value, this.#at);
      else {
        this.#at = this.#bytes.writeUInt32LE(value % 2 ** 32, this.#at);
        this.#at = this.#bytes.writeUInt32LE(Math.floor(value / 2 ** 32), this.#at);
      }
    }
    this.close(start, 1);
  }

  #fixed64(field: number, high: number, low: number): void {
    this.#reserve(16);
    this.#bytes[this.#at++] = (field << 3) | 1;
    this.#at = this.#bytes.writeUInt32LE(low, this.#at);
    this.#at = this.#bytes.writeUInt32LE(high, this.#at);
  }

  #varint(value: number): void {
    let rest = value;
    for (; rest > 0xffff_ffff; rest = Math.floor(rest / 128)) this.#bytes[this.#at++] = (rest % 128) | 128;
    for (; rest > 127; rest >>>= 7) this.#bytes[this.#at++] = (rest & 127) | 128;
    this.#bytes[this.#at++] = rest;
  }

  #reserve(more: number): void {
    const needed = this.#at + more;
    if (needed <= this.#bytes.length) return;
    const larger = Buffer.allocUnsafeSlow(Math.max(needed, this.#bytes.length * 2));
    larger.set(this.#bytes.subarray(0, this.#at));
    this.#bytes = larger;
  }
}

const varintSize = (value: number): number =>
  value < 2 ** 7 ? 1 : value < 2 ** 14 ? 2 : value < 2 ** 21 ? 3 : value < 2 ** 28 ? 4 : 5;

/** Of a lower-case digit. */
const nibble = (code: number): number => (code < 58 ? code - 48 : code - 87);
