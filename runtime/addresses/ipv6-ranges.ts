import { HeadIndex } from "./head-index.ts";

/** IPv6 addresses, as sorted ranges that are apart; each is eight words of 32 bits: the first address and the last. */
export class Ipv6Ranges {
  readonly size: number;
  readonly ranges: Uint32Array;
  /**
   * The first 48 bits of the first address of each range and of its last one, in turn: most prefixes are no longer, so that a
   * search need not touch the ranges themselves. Where a range begins, or ends, among the addresses with the same 48 bits, it
   * is a half more, or less.
   */
  readonly #heads: Float64Array;
  readonly #index: HeadIndex;

  constructor(ranges: Uint32Array) {
    this.size = ranges.length / 8;
    this.ranges = ranges;
    this.#heads = new Float64Array(this.size * 2);
    for (let index = 0; index < this.size * 2; index += 2) {
      this.#heads[index] = headOf(ranges, index * 4) + (isTail(ranges, index * 4, 0) ? 0 : 0.5);
      this.#heads[index + 1] = headOf(ranges, index * 4 + 4) - (isTail(ranges, index * 4 + 4, 0xffff_ffff) ? 0 : 0.5);
    }
    this.#index = new HeadIndex(this.#heads);
  }

  /** @param blocks four words of an address and a prefix length each */
  static of(blocks: readonly number[]): Ipv6Ranges {
    const count = blocks.length / 5;
    const all = new Uint32Array(count * 8);
    for (let index = 0; index < count; index++) writeRange(blocks, index * 5, all, index * 8);
    const order = new Uint32Array(count).map((_, index) => index);
    // The larger block first, where two begin with the same address.
    order.sort((a, b) => compare(all, a * 8, all, b * 8) || compare(all, b * 8 + 4, all, a * 8 + 4));
    const kept = new Uint32Array(count * 8);
    let size = 0;
    for (const index of order) {
      // Blocks are nested or apart, never half over each other.
      if (size > 0 && compare(all, index * 8 + 4, kept, size * 8 - 4) <= 0) continue;
      kept.set(all.subarray(index * 8, index * 8 + 8), size++ * 8);
    }
    return new Ipv6Ranges(kept.slice(0, size * 8));
  }

  has(address: Uint32Array): boolean {
    const { ranges } = this;
    const heads = this.#heads;
    const head = headOf(address, 0);
    // What holds the address is the last range that does not begin behind it.
    const part = this.#index.partOf(head);
    let low = this.#index.begins[part]! - 1;
    let high = this.#index.begins[part + 1]! - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      const found = heads[middle * 2]!;
      if (found <= head || (found === head + 0.5 && compare(ranges, middle * 8, address, 0) <= 0)) low = middle;
      else high = middle - 1;
    }
    if (low < 0) return false;
    const last = heads[low * 2 + 1]!;
    return head <= last || (head === last + 0.5 && compare(address, 0, ranges, low * 8 + 4) <= 0);
  }
}

const headOf = (words: Uint32Array, at: number): number => words[at]! * 0x1_0000 + (words[at + 1]! >>> 16);

/** Whether the bits behind the head all are those of this word. */
const isTail = (words: Uint32Array, at: number, word: number): boolean =>
  (words[at + 1]! & 0xffff) === (word & 0xffff) && words[at + 2] === word && words[at + 3] === word;

function compare(one: Uint32Array, at: number, other: Uint32Array, otherAt: number): number {
  for (let index = 0; index < 4; index++) {
    const difference = one[at + index]! - other[otherAt + index]!;
    if (difference !== 0) return difference;
  }
  return 0;
}

/** The addresses that share the first bits of a block. */
function writeRange(blocks: readonly number[], at: number, into: Uint32Array, offset: number): void {
  const prefix = blocks[at + 4]!;
  for (let index = 0; index < 4; index++) {
    const word = blocks[at + index]!;
    const kept = Math.min(32, Math.max(0, prefix - index * 32));
    // Shifts count modulo 32, so that a shift by 32 has to be spelt out.
    const hostBits = kept === 32 ? 0 : 0xffff_ffff >>> kept;
    into[offset + index] = word & ~hostBits;
    into[offset + 4 + index] = word | hostBits;
  }
}
