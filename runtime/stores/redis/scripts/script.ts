/**
 * A limit as a server counts it: one script with one declared key. It takes what to do, `take cost need`, `settle cost then
 * actual`, or `look`, and then its own arguments; it gives whole numbers: passed, left, microseconds until more, microseconds
 * until the same passes (-1: never), and the time at which it was counted, in the clock of the server.
 *
 * Written in what Lua 5.1 and 5.4 have in common, without libraries beside `string` and `math`.
 */
export interface LimitScript {
  readonly __made: true;
  /** Names the law with its numbers. */
  readonly id: string;
  /** Name of the layout of what it keeps; another layout is another key. */
  readonly version: string;
  readonly lua: string;
  /** Behind the three of the operation. May depend on the time; the same array as long as they are the same. */
  arguments(now: number): readonly string[];
}
