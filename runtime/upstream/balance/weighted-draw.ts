/** Draws from 0 to n - 1, each as often as its weight says, in constant time (Vose, A Linear Algorithm for Generating Random Numbers). */
export class WeightedDraw {
  readonly #count: number;
  /** Undefined where all weigh the same. */
  readonly #threshold: Float64Array | undefined;
  readonly #alias: Uint32Array;

  constructor(weights: readonly number[]) {
    const count = weights.length;
    this.#count = count;
    this.#alias = new Uint32Array(count);
    if (weights.every((weight) => weight === weights[0])) {
      this.#threshold = undefined;
      return;
    }
    const total = weights.reduce((sum, weight) => sum + weight, 0);
    const threshold = Float64Array.from(weights, (weight) => (weight * count) / total);
    const [small, large]: [number[], number[]] = [[], []];
    for (let index = 0; index < count; index++) (threshold[index]! < 1 ? small : large).push(index);
    while (small.length > 0 && large.length > 0) {
      const [less, more] = [small.pop()!, large.pop()!];
      this.#alias[less] = more;
      threshold[more]! -= 1 - threshold[less]!;
      (threshold[more]! < 1 ? small : large).push(more);
    }
    // What is left are rounding errors of 1.
    for (const index of [...small, ...large]) threshold[index] = 1;
    this.#threshold = threshold;
  }

  next(): number {
    const place = Math.random() * this.#count;
    const index = Math.floor(place);
    return this.#threshold === undefined || place - index < this.#threshold[index]! ? index : this.#alias[index]!;
  }
}
