/**
 * How a limit counts: a token bucket, a fixed window, a sliding window. What has been counted of one caller is a few cells
 * of a table; all zero means that nothing was. Costs are whole numbers.
 */
export interface Law {
  readonly __made: true;
  /** Names the law with its numbers: two with the same id count alike. */
  readonly id: string;
  /** Most that can pass at once, after a rest. */
  readonly most: number;
  /** Milliseconds after which nothing that was counted counts any more, unless more was used than the limit. */
  readonly span: number;
  /** Cells of eight bytes that a caller needs. */
  readonly width: number;
  /** The clock that it counts by, in milliseconds. */
  now(): number;
  /** Counts `cost` where at least `need` is left; otherwise nothing. */
  take(cells: Cells, at: number, now: number, cost: number, need: number): boolean;
  /** Counts it in any case: what is known only afterwards may be more than is left. */
  add(cells: Cells, at: number, now: number, cost: number): void;
  /** Gives back a part of the `cost` that was counted at `then`, as far as it still counts. */
  giveBack(cells: Cells, at: number, now: number, part: number, cost: number, then: number): void;
  /** What would pass at this moment. */
  left(cells: Cells, at: number, now: number): number;
  /** Milliseconds until so much is left: 0 where it is, Infinity where it never will be. */
  waitFor(cells: Cells, at: number, now: number, amount: number): number;
  /** As good as new. */
  isFresh(cells: Cells, at: number, now: number): boolean;
  /** The same for a part of the callers: so that `size` processes that know nothing of each other never pass more together. */
  share(size: number, index: number): Law;
}

/** The same bytes as doubles and as whole numbers below 2^32. */
export interface Cells {
  readonly doubles: Float64Array;
  /** Two for each double. */
  readonly counts: Uint32Array;
}

/** `total` divided among `size`: the first ones get what is left over. */
export const shareOf = (total: number, size: number, index: number): number =>
  Math.floor(total / size) + (index < total % size ? 1 : 0);
