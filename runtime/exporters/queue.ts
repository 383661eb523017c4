export interface QueueBounds {
  readonly items: number;
  readonly bytes: number;
  readonly full: "dropOldest" | "dropNewest";
}

/** Is told how many items did not fit, or made room for others. */
export type Dropped = (count: number) => void;

/** Things in the order in which they came, of bounded number and size. */
export interface Queue<Item, Batch> {
  /** How many wait in it. */
  readonly waiting: number;
  /** How many there are, with those that were taken out and not released. */
  readonly count: number;
  /** Bytes of them. */
  readonly bytes: number;
  /** When the first one came; Infinity where there is none. */
  readonly oldest: number;
  /** How many an item counts for: a push of metrics has many points. */
  countOf(item: Item): number;
  add(item: Item, now: number): void;
  /** Up to so many, the oldest first, and at least one thing; undefined where there is none. */
  cut(most: number): Cut<Batch> | undefined;
  /** Drops what came before. */
  expire(before: number): void;
  /** Drops all that waits. */
  clear(): void;
}

/** What was taken out of a queue at once. It weighs until it is released. */
export interface Cut<Batch> {
  readonly batch: Batch;
  readonly count: number;
  /** When the first one came. */
  readonly since: number;
  /** Both in place of this one; undefined where there is one thing alone. */
  halves(): readonly [Cut<Batch>, Cut<Batch>] | undefined;
  /** It is gone: nobody looks at the batch any more. */
  release(): void;
}
