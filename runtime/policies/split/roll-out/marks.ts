import { mixed } from "../unit-hash.ts";

/** Users that are told apart in one period, and callers in one step. */
const marks = 65_536;

/** A bit for each number, which others may share. */
export class Marks {
  readonly #bits = new Uint8Array(marks / 8);

  /** True: it was there. */
  mark(number: number): boolean {
    const [index, bit] = placeIn(number);
    const byte = this.#bits[index]!;
    this.#bits[index] = byte | bit;
    return (byte & bit) !== 0;
  }

  has(number: number): boolean {
    const [index, bit] = placeIn(number);
    return (this.#bits[index]! & bit) !== 0;
  }

  clear(): void {
    this.#bits.fill(0);
  }
}

function placeIn(number: number): readonly [index: number, bit: number] {
  const mark = mixed(number ^ 0x2545f491) & (marks - 1);
  return [mark >>> 3, 1 << (mark & 7)];
}
