/** Parts at most; the index takes four bytes for each. */
const mostParts = 0x2_0000;

/**
 * Where among many sorted ranges a search begins and ends: what lies between the lowest and the highest address is divided
 * into about as many equal parts as there are ranges, so that few of these begin in one part, wherever on the Internet they
 * are close together.
 */
export class HeadIndex {
  readonly #lowest: number;
  readonly #scale: number;
  readonly #parts: number;
  /** By part: how many ranges begin in front of it; and how many there are, behind the last one. */
  readonly begins: Uint32Array;

  /** @param heads in turn what the first address of a range and its last one begin with, in order; fractions do not count */
  constructor(heads: Float64Array) {
    const size = heads.length / 2;
    this.#parts = Math.max(1, Math.min(mostParts, size));
    this.#lowest = Math.floor(heads[0] ?? 0);
    const highest = Math.floor(heads[heads.length - 2] ?? 0);
    this.#scale = this.#parts / (highest - this.#lowest + 1);
    this.begins = new Uint32Array(this.#parts + 1);
    for (let range = 0; range < size; range++) this.begins[this.partOf(Math.floor(heads[range * 2]!)) + 1]!++;
    for (let part = 0; part < this.#parts; part++) this.begins[part + 1]! += this.begins[part]!;
  }

  /** Grows with the head, so that ranges of an earlier part begin before it, and those of a later one behind it. */
  partOf(head: number): number {
    const part = (head - this.#lowest) * this.#scale;
    return part <= 0 ? 0 : part >= this.#parts ? this.#parts - 1 : Math.floor(part);
  }
}
