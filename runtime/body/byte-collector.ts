import type { Hold } from "./hold.ts";

/** Bytes of the smallest and of the largest block. */
const smallest = 4_096;
const largest = 65_536;

/**
 * Gathers bytes that come in pieces, however small, and holds each of them once: in blocks that are filled one after the
 * other. What the blocks take is reserved as bytes come, never because somebody announced them.
 */
export class ByteCollector {
  length = 0;
  readonly #hold: Hold;
  readonly #announced: number;
  #blocks: Buffer[] = [];
  /** Free bytes at the end of the last block. */
  #room = 0;

  /** `announced`: bytes to come; -1: not known. */
  constructor(hold: Hold, announced: number) {
    this.#hold = hold;
    this.#announced = announced;
  }

  /** Copies the bytes from `start` to `end`. False: with them more is held than may be. */
  add(piece: Buffer, start: number, end: number): boolean {
    const first = Math.min(end, start + this.#room);
    const missing = end - first;
    const size = missing === 0 ? 0 : this.#blockSize(missing);
    if (first > start) {
      const last = this.#blocks.at(-1)!;
      piece.copy(last, last.length - this.#room, start, first);
      this.#room -= first - start;
    }
    if (size > 0) {
      const block = size < smallest ? Buffer.allocUnsafe(size) : Buffer.allocUnsafeSlow(size);
      piece.copy(block, 0, first, end);
      this.#blocks.push(block);
      this.#room = size - missing;
    }
    this.length += end - start;
    return size === 0 || this.#hold.take(size);
  }

  /** A block as large as all before doubles them at most; a body that comes in one piece gets a block of its size. */
  #blockSize(missing: number): number {
    if (this.length === 0) return missing;
    const toCome = this.#announced < 0 ? largest : this.#announced - this.length;
    return Math.max(missing, Math.min(largest, Math.max(smallest, this.length), toCome, this.#hold.left));
  }

  /** Everything so far, in one piece. */
  get bytes(): Buffer {
    const [only, ...others] = this.#blocks;
    if (only === undefined) return Buffer.alloc(0);
    if (others.length === 0) return this.#room === 0 ? only : only.subarray(0, this.length);
    const whole = Buffer.concat(this.#blocks, this.length);
    this.#hold.give(this.#room);
    this.#blocks = [whole];
    this.#room = 0;
    return whole;
  }

  clear(): void {
    let size = 0;
    for (const { length } of this.#blocks) size += length;
    this.#hold.give(size);
    this.#blocks = [];
    this.length = this.#room = 0;
  }
}
