export interface QueueBounds {
  readonly items: number;
  readonly bytes: number;
  readonly full: "dropOldest" | "dropNewest";
}

/** What an item weighs. Some hold several: a push of metrics has many points. */
export interface Weight {
  readonly count: number;
  readonly bytes: number;
}

/** Things in the order in which they came, of bounded number and size. What is taken out of it weighs until it is released. */
export class BoundedQueue<Item> {
  readonly #bounds: QueueBounds;
  readonly #dropped: (count: number) => void;
  /** A ring, which grows up to the bound. */
  #items: (Item | undefined)[] = new Array(64);
  #counts = new Int32Array(64);
  #bytes = new Float64Array(64);
  #times = new Float64Array(64);
  #head = 0;
  #size = 0;
  #waiting = 0;
  #count = 0;
  #weight = 0;

  /** `dropped` is told of each item that did not fit, or that made room for another. */
  constructor(bounds: QueueBounds, dropped: (count: number) => void) {
    this.#bounds = bounds;
    this.#dropped = dropped;
  }

  /** How many wait in it. */
  get waiting(): number {
    return this.#waiting;
  }

  /** How many there are, with those that were taken out and not released. */
  get count(): number {
    return this.#count;
  }

  /** Bytes of them. */
  get bytes(): number {
    return this.#weight;
  }

  /** When the first one came; Infinity where there is none. */
  get oldest(): number {
    return this.#size === 0 ? Number.POSITIVE_INFINITY : this.#times[this.#head]!;
  }

  add(item: Item, count: number, bytes: number, now: number): void {
    while (!this.#fits(count, bytes)) {
      // What is on its way cannot be called back, so an item may find no room though all that waits was dropped.
      if (this.#bounds.full === "dropNewest" || this.#size === 0) return this.#dropped(count);
      this.#dropOldest();
    }
    if (this.#size === this.#items.length) this.#grow();
    const at = (this.#head + this.#size) & (this.#items.length - 1);
    this.#items[at] = item;
    this.#counts[at] = count;
    this.#bytes[at] = bytes;
    this.#times[at] = now;
    this.#size++;
    this.#waiting += count;
    this.#count += count;
    this.#weight += bytes;
  }

  /** Up to so many, the oldest first, and at least one thing; undefined where there is none. Release them when they are gone. */
  cut(most: number): Cut<Item> | undefined {
    if (this.#size === 0) return undefined;
    const since = this.oldest;
    const items: Item[] = [];
    const weights: Weight[] = [];
    let count = 0;
    while (this.#size > 0 && (items.length === 0 || count + this.#counts[this.#head]! <= most)) {
      const weight = { count: this.#counts[this.#head]!, bytes: this.#bytes[this.#head]! };
      weights.push(weight);
      count += weight.count;
      items.push(this.#shift());
    }
    return { items, weights, since };
  }

  release({ count, bytes }: Weight): void {
    this.#count -= count;
    this.#weight -= bytes;
  }

  /** Drops what came before. */
  expire(before: number): void {
    while (this.oldest < before) this.#dropOldest();
  }

  /** Drops all that waits. */
  clear(): void {
    this.expire(Number.POSITIVE_INFINITY);
  }

  #fits(count: number, bytes: number): boolean {
    return this.#count + count <= this.#bounds.items && this.#weight + bytes <= this.#bounds.bytes;
  }

  #dropOldest(): void {
    const weight = { count: this.#counts[this.#head]!, bytes: this.#bytes[this.#head]! };
    this.#shift();
    this.release(weight);
    this.#dropped(weight.count);
  }

  #shift(): Item {
    const at = this.#head;
    const item = this.#items[at]!;
    this.#items[at] = undefined;
    this.#waiting -= this.#counts[at]!;
    this.#head = (at + 1) & (this.#items.length - 1);
    this.#size--;
    return item;
  }

  #grow(): void {
    const before = this.#items.length;
    const order = (index: number): number => (this.#head + index) & (before - 1);
    const items: (Item | undefined)[] = new Array(before * 2);
    const [counts, bytes, times] = [new Int32Array(before * 2), new Float64Array(before * 2), new Float64Array(before * 2)];
    for (let index = 0; index < before; index++) {
      const at = order(index);
      items[index] = this.#items[at];
      counts[index] = this.#counts[at]!;
      bytes[index] = this.#bytes[at]!;
      times[index] = this.#times[at]!;
    }
    [this.#items, this.#counts, this.#bytes, this.#times, this.#head] = [items, counts, bytes, times, 0];
  }
}

/** What was taken out of a queue at once. */
export interface Cut<Item> {
  readonly items: readonly Item[];
  /** Of each of them. */
  readonly weights: readonly Weight[];
  /** When the first one came. */
  readonly since: number;
}
