/** Bytes at the beginning; it doubles as it needs. */
const firstSize = 16_384;

/** Bytes that grow at their end. */
export class ByteBuffer {
  bytes: Buffer = Buffer.allocUnsafeSlow(firstSize);
  /** Of the same bytes. */
  view = viewOf(this.bytes);
  /** So many are written. */
  end = 0;

  /** Makes room for so many more. */
  reserve(more: number): void {
    if (this.end + more > this.bytes.length) this.#grow(this.end + more);
  }

  append(more: Uint8Array): void {
    this.reserve(more.length);
    this.bytes.set(more, this.end);
    this.end += more.length;
  }

  /** In UTF-8. */
  utf8(text: string): void {
    // Up to three bytes for each unit of UTF-16.
    this.reserve(text.length * 3);
    this.end += this.bytes.write(text, this.end);
  }

  #grow(needed: number): void {
    const larger = Buffer.allocUnsafeSlow(Math.max(needed, this.bytes.length * 2));
    larger.set(this.bytes.subarray(0, this.end));
    this.bytes = larger;
    this.view = viewOf(larger);
  }
}

const viewOf = ({ buffer, byteOffset, length }: Buffer): DataView => new DataView(buffer, byteOffset, length);
