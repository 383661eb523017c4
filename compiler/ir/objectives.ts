import type { OptionIr } from "./step.ts";

/** What the requests of some operations have to reach together. */
export interface ObjectiveIr {
  /** Of the operations that are counted together: `orders`, `orders.v1.tags.write`, `orders.v1.createOrder`. */
  readonly name: string;
  /** `availability`, or the quantile of a latency: `p99`. */
  readonly about: string;
  /** Percent of the requests that must be good, as written and without the sign: `99.9`. */
  readonly percent: string;
  /** Milliseconds that a good request takes at most; absent for availability. */
  readonly bound?: number;
  /** Milliseconds; whole days. */
  readonly window: number;
  /** Bad requests in the longer window of an alert, below which it is silent. */
  readonly minFailures: number;
}

/** The objectives of one operation. */
export interface ObjectivesIr {
  readonly each: readonly ObjectiveIr[];
  readonly options: readonly OptionIr[];
}

/** The bounds of latencies in seconds, ascending: histograms need a bucket at each. */
export function latencyBounds(operations: readonly { readonly objectives?: ObjectivesIr }[]): number[] {
  const bounds = operations.flatMap(({ objectives }) => objectives?.each.flatMap(({ bound }) => bound ?? []) ?? []);
  return [...new Set(bounds)].sort((a, b) => a - b).map((milliseconds) => milliseconds / 1000);
}
