import type { Exemplar, HistogramSample } from "../../gateway/metrics.ts";
import { NativeBuckets } from "./native-buckets.ts";

/** How long things took. Counting makes nothing. */
export class Durations {
  readonly #bounds: Float64Array;
  /** Not cumulative; the last one is past the highest bound. */
  readonly counts: Float64Array;
  readonly native: NativeBuckets | undefined;
  sum = 0;
  exemplars: (Exemplar | null)[] | undefined = undefined;

  constructor(bounds: Float64Array, isNative: boolean) {
    this.#bounds = bounds;
    this.counts = new Float64Array(bounds.length + 1);
    this.native = isNative ? new NativeBuckets() : undefined;
  }

  /** The index of its bucket. */
  observe(seconds: number): number {
    const bounds = this.#bounds;
    let bucket = 0;
    while (bucket < bounds.length && seconds > bounds[bucket]!) bucket++;
    this.counts[bucket]!++;
    this.sum += seconds;
    this.native?.observe(seconds);
    return bucket;
  }

  /** The last one of each bucket is kept. */
  exemplify(bucket: number, exemplar: Exemplar): void {
    this.exemplars ??= new Array<Exemplar | null>(this.counts.length).fill(null);
    this.exemplars[bucket] = exemplar;
  }

  sample(labels: string): HistogramSample {
    const native = this.native?.histogram;
    return {
      labels,
      counts: [...this.counts],
      sum: this.sum,
      ...(native === undefined ? {} : { native }),
      ...(this.exemplars === undefined ? {} : { exemplars: [...this.exemplars] }),
    };
  }
}
