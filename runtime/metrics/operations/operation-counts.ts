import type { Exemplar, HistogramSample, MetricSample, NativeHistogram, OperationPage } from "../../gateway/metrics.ts";
import { label } from "../label.ts";
import { errorKinds, methodLabels, otherStatus } from "./label-values.ts";

/**
 * Where a record has what: its length, then single numbers, errors by kind, counts of the buckets; then lists, each behind
 * its length, of pairs: requests by method and status, refusals and reports by policy; last the native histogram.
 */
export const layout = { inFlight: 1, requestBytes: 2, responseBytes: 3, seconds: 4, errors: 5, buckets: 12 };

/** Counts up with each change of what is where: processes of different builds tell each other what they have counted. */
export const pageLayout = 2;

/** Numbers of one operation, read from a page. */
export class OperationCounts {
  readonly labels: string;
  readonly #page: OperationPage;
  readonly #index: number;
  readonly #at: number;
  /** Where the list of requests begins. */
  readonly #lists: number;

  constructor(page: OperationPage, index: number, at: number) {
    this.labels = page.operations[index]!;
    this.#page = page;
    this.#index = index;
    this.#at = at;
    this.#lists = at + layout.buckets + page.bounds.length + 1;
  }

  get inFlight(): number {
    return this.#number(layout.inFlight);
  }

  get requestBytes(): number {
    return this.#number(layout.requestBytes);
  }

  get responseBytes(): number {
    return this.#number(layout.responseBytes);
  }

  get errors(): MetricSample[] {
    const samples: MetricSample[] = [];
    for (let kind = 0; kind < errorKinds.length; kind++) {
      const value = this.#number(layout.errors + kind);
      if (value > 0) samples.push({ labels: `${this.labels},${label("kind", errorKinds[kind]!)}`, value });
    }
    return samples;
  }

  get requests(): MetricSample[] {
    return this.#pairs(0, (code) => {
      const status = code % 1000;
      const text = status === 0 ? "none" : status === otherStatus ? "other" : String(status);
      return `${label("method", methodLabels[Math.floor(code / 1000)]!)},${label("status", text)}`;
    });
  }

  get refusals(): MetricSample[] {
    return this.#pairs(1, (policy) => label("policy", this.#page.policies[policy]!));
  }

  get reports(): MetricSample[] {
    return this.#pairs(2, (policy) => label("policy", this.#page.policies[policy]!));
  }

  /** With the native histogram only for formats that have it: to read it takes as long as all the rest. */
  durations(isNative: boolean): HistogramSample {
    const counts: number[] = [];
    for (let at = this.#at + layout.buckets; at < this.#lists; at++) counts.push(this.#page.numbers[at]!);
    const native = isNative ? this.#native : undefined;
    const exemplars = this.#exemplars;
    return {
      labels: this.labels,
      counts,
      sum: this.#number(layout.seconds),
      ...(native === undefined ? {} : { native }),
      ...(exemplars === undefined ? {} : { exemplars }),
    };
  }

  get #native(): NativeHistogram | undefined {
    const { numbers } = this.#page;
    const at = this.#list(3);
    if (at === this.#at + numbers[this.#at]!) return undefined;
    return {
      schema: numbers[at]!,
      zeroThreshold: numbers[at + 1]!,
      zeroCount: numbers[at + 2]!,
      offset: numbers[at + 3]!,
      counts: Array.from(numbers.slice(at + 4, this.#at + numbers[this.#at]!)),
    };
  }

  get #exemplars(): (Exemplar | null)[] | undefined {
    let exemplars: (Exemplar | null)[] | undefined;
    for (const { operation, bucket, exemplar } of this.#page.exemplars) {
      if (operation !== this.#index) continue;
      exemplars ??= new Array<Exemplar | null>(this.#page.bounds.length + 1).fill(null);
      exemplars[bucket] = exemplar;
    }
    return exemplars;
  }

  #number(place: number): number {
    return this.#page.numbers[this.#at + place]!;
  }

  #pairs(which: number, labelsOf: (first: number) => string): MetricSample[] {
    const { numbers } = this.#page;
    const at = this.#list(which);
    const samples: MetricSample[] = [];
    for (let index = 0; index < numbers[at]!; index++)
      samples.push({ labels: `${this.labels},${labelsOf(numbers[at + 1 + 2 * index]!)}`, value: numbers[at + 2 + 2 * index]! });
    return samples;
  }

  /** Where a list begins, with its length; behind the last one, where that ends. */
  #list(which: number): number {
    let at = this.#lists;
    for (let before = 0; before < which; before++) at += 1 + 2 * this.#page.numbers[at]!;
    return at;
  }
}

export function countsIn(page: OperationPage): OperationCounts[] {
  let at = 0;
  return page.operations.map((_, index) => {
    const counts = new OperationCounts(page, index, at);
    at += page.numbers[at]!;
    return counts;
  });
}
