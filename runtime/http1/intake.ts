import type { ReadBuffer } from "./read-buffer.ts";

/** What was read from a socket and not dealt with yet: the bytes from `at` to `end`. */
export class Intake {
  bytes: Buffer;
  at = 0;
  end = 0;
  /** Where the bytes were read to; undefined once they were copied. */
  source: ReadBuffer | undefined = undefined;
  readonly #none: Buffer;

  constructor(none: Buffer) {
    this.bytes = this.#none = none;
  }

  get length(): number {
    return this.end - this.at;
  }

  get isEmpty(): boolean {
    return this.at >= this.end;
  }

  /** Takes what a read brought, behind what waits. */
  add(buffer: Buffer, length: number, source: ReadBuffer | undefined): void {
    if (this.isEmpty) {
      this.bytes = buffer;
      this.at = 0;
      this.end = length;
      this.source = source;
    } else {
      if (this.source !== undefined || this.bytes.length - this.end < length) {
        // Twice what is needed: what comes octet by octet would be copied over and over.
        const grown = Buffer.allocUnsafeSlow((this.length + length) * 2);
        const waiting = this.bytes.copy(grown, 0, this.at, this.end);
        this.#own(grown, waiting);
      }
      // Behind what waits nobody has a view of the buffer.
      buffer.copy(this.bytes, this.end, 0, length);
      this.end += length;
    }
  }

  /** What is left is kept beyond the read that brought it. */
  keep(): void {
    if (this.isEmpty) this.drop();
    else if (this.source !== undefined) this.#own(Buffer.from(this.bytes.subarray(this.at, this.end)), this.length);
  }

  /**
   * Whether a head of which `examined` bytes were looked at may be whole by now. One that comes in many pieces is not
   * read again from its begin at each of them: only once its end is there, or it has doubled. So a sender that sends it
   * octet by octet cannot make us work much.
   */
  mayHoldHead(examined: number): boolean {
    if (examined < 1_024 || this.length >= examined * 2) return true;
    return this.bytes.subarray(this.at + examined - 3, this.end).includes("\r\n\r\n", 0, "latin1");
  }

  drop(): void {
    this.bytes = this.#none;
    this.at = this.end = 0;
    this.source = undefined;
  }

  #own(bytes: Buffer, length: number): void {
    this.bytes = bytes;
    this.at = 0;
    this.end = length;
    this.source = undefined;
  }
}
