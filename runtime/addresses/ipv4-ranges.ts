import { RangeIndex } from "./range-index.ts";

/** IPv4 addresses, as sorted ranges that are apart. */
export class Ipv4Ranges {
  readonly size: number;
  /** The first addresses of all ranges, and the last ones. */
  readonly firsts: Uint32Array;
  readonly lasts: Uint32Array;
  readonly #index: RangeIndex;

  constructor(firsts: Uint32Array, lasts: Uint32Array) {
    this.size = firsts.length;
    this.firsts = firsts;
    this.lasts = lasts;
    this.#index = new RangeIndex(this.size, (range) => firsts[range]! >>> 16);
  }

  /** @param blocks pairs of an address and a prefix length */
  static of(blocks: readonly number[]): Ipv4Ranges {
    const count = blocks.length / 2;
    // A double holds both: sorted by the first address, the larger block first.
    const keys = new Float64Array(count);
    for (let index = 0; index < count; index++) {
      const prefix = blocks[index * 2 + 1]!;
      keys[index] = ((blocks[index * 2]! & maskOf(prefix)) >>> 0) * 64 + prefix;
    }
    keys.sort();
    const firsts = new Uint32Array(count);
    const lasts = new Uint32Array(count);
    let size = 0;
    for (const key of keys) {
      const first = Math.floor(key / 64);
      const last = (first | ~maskOf(key % 64)) >>> 0;
      if (size > 0 && first <= lasts[size - 1]! + 1) lasts[size - 1] = Math.max(lasts[size - 1]!, last);
      else {
        firsts[size] = first;
        lasts[size++] = last;
      }
    }
    return new Ipv4Ranges(firsts.slice(0, size), lasts.slice(0, size));
  }

  has(address: number): boolean {
    // What holds the address is the last range that does not begin behind it.
    let low = this.#index.lowest(address >>> 16);
    let high = this.#index.highest(address >>> 16);
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (this.firsts[middle]! <= address) low = middle;
      else high = middle - 1;
    }
    return low >= 0 && address <= this.lasts[low]!;
  }
}

/** Shifts count modulo 32, so that a shift by 32 has to be spelt out. */
const maskOf = (prefix: number): number => (prefix === 0 ? 0 : (0xffff_ffff << (32 - prefix)) >>> 0);
