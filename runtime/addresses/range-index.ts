/** From how many ranges on it pays: the index takes 256 KiB. */
const indexedFrom = 2_048;

/** Where among many sorted ranges those with the same leading 16 bits are. */
export class RangeIndex {
  readonly #size: number;
  /** By leading 16 bits: how many ranges begin in front of them. Empty where there are few ranges. */
  readonly #begins: Uint32Array;

  /** @param leading the first 16 bits of the address that a range begins with */
  constructor(size: number, leading: (range: number) => number) {
    this.#size = size;
    this.#begins = new Uint32Array(size < indexedFrom ? 0 : 0x1_0001);
    if (size < indexedFrom) return;
    let count = 0;
    for (let bits = 0; bits <= 0xffff; bits++) {
      this.#begins[bits] = count;
      while (count < size && leading(count) === bits) count++;
    }
    this.#begins[0x1_0000] = count;
  }

  /** The last range that begins before every address with these bits; -1 where none does. */
  lowest(bits: number): number {
    return this.#begins.length === 0 ? -1 : this.#begins[bits]! - 1;
  }

  /** The last range that begins before the address behind those with these bits. */
  highest(bits: number): number {
    return (this.#begins.length === 0 ? this.#size : this.#begins[bits + 1]!) - 1;
  }
}
