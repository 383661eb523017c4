import type { NativeHistogram } from "../../gateway/metrics.ts";
import type { NumberList } from "../../metrics/operations/number-list.ts";

/** Eight buckets for each doubling: what is read from them is off by 4.4 % at most. */
const schema = 3;
const perDoubling = 2 ** schema;
/** 61 µs: what is faster is told apart by nobody. 2^18 s, three days, is the end: what is longer counts there. */
const zeroThreshold = 2 ** -14;
const lowest = -14 * perDoubling;
const highest = 18 * perDoubling - 1;

/** Exponential buckets of seconds, as many as the values span. */
export class NativeBuckets {
  #zeroCount = 0;
  #offset = 0;
  #counts = new Float64Array(0);

  observe(seconds: number): void {
    const index = Math.ceil(Math.log2(seconds) * perDoubling) - 1;
    if (!(index >= lowest)) {
      this.#zeroCount++;
      return;
    }
    const at = index - this.#offset;
    if (at >= 0 && at < this.#counts.length) this.#counts[at]!++;
    else this.#widen(Math.min(index, highest));
  }

  get histogram(): NativeHistogram {
    const counts = [...this.#counts];
    return { schema, zeroThreshold, zeroCount: this.#zeroCount, offset: this.#offset, counts };
  }

  /** The same as numbers. */
  write(list: NumberList): void {
    list.push(schema);
    list.push(zeroThreshold);
    list.push(this.#zeroCount);
    list.push(this.#offset);
    list.pushAll(this.#counts);
  }

  /** By a doubling and more on the side where the value is: seldom. */
  #widen(index: number): void {
    const before = this.#counts;
    const from = before.length === 0 ? index : this.#offset;
    const to = before.length === 0 ? index : from + before.length - 1;
    this.#offset = Math.max(lowest, index < from ? index - perDoubling : from);
    const end = Math.min(highest, index > to ? index + perDoubling : to);
    this.#counts = new Float64Array(end - this.#offset + 1);
    this.#counts.set(before, from - this.#offset);
    this.#counts[index - this.#offset]!++;
  }
}
