/** Gathers bytes that come in pieces, however small: what it holds is never much more than twice what it was given. */
export class ByteCollector {
  #bytes: Buffer | undefined = undefined;
  #length = 0;
  /** The first piece is not copied, as it is often the only one; it must not be written to. */
  #isOwn = false;

  get length(): number {
    return this.#length;
  }

  add(piece: Uint8Array): void {
    const length = this.#length + piece.length;
    if (this.#bytes === undefined)
      this.#bytes = piece instanceof Buffer ? piece : Buffer.from(piece.buffer, piece.byteOffset, piece.byteLength);
    else {
      if (!this.#isOwn || length > this.#bytes.length) {
        const larger = Buffer.allocUnsafeSlow(Math.max(4096, length * 2));
        this.#bytes.copy(larger, 0, 0, this.#length);
        this.#bytes = larger;
        this.#isOwn = true;
      }
      this.#bytes.set(piece, this.#length);
    }
    this.#length = length;
  }

  /** Everything so far. Valid until more is added. */
  get bytes(): Buffer {
    const bytes = this.#bytes;
    if (bytes === undefined) return Buffer.alloc(0);
    return bytes.length === this.#length ? bytes : bytes.subarray(0, this.#length);
  }

  clear(): void {
    this.#bytes = undefined;
    this.#length = 0;
    this.#isOwn = false;
  }
}
