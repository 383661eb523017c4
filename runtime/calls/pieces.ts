/** Pieces that are put together to one, so that many small ones take little more memory than what they say. */
const most = 256;

/** Bytes as they come, also where they come one by one: each object for a piece takes more than a hundred bytes. */
export class Pieces {
  #whole: Buffer[] = [];
  #last: Buffer[] = [];
  #length = 0;

  get length(): number {
    return this.#length;
  }

  add(piece: Buffer): void {
    this.#length += piece.length;
    this.#last.push(piece);
    if (this.#last.length < most) return;
    this.#whole.push(Buffer.concat(this.#last));
    this.#last = [];
  }

  /** All of them as one; from here on, there is nothing. */
  take(): Buffer {
    const pieces = this.#whole.length === 0 ? this.#last : [...this.#whole, ...this.#last];
    const all = pieces.length === 1 ? pieces[0]! : Buffer.concat(pieces, this.#length);
    this.#whole = [];
    this.#last = [];
    this.#length = 0;
    return all;
  }
}
