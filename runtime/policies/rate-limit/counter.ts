/** How much one caller has used up. Times are monotonic milliseconds. */
export interface Counter {
  /** Counts one request if there is room for it; a refused request costs nothing. */
  take(now: number): boolean;
  /** Requests that would pass at this moment. */
  left(now: number): number;
  /** Milliseconds until `left` is more than now. */
  nextIn(now: number): number;
  /** Nothing is used up: a new counter would say the same. */
  isFresh(now: number): boolean;
}
