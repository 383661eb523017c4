import type { Cut, Dropped, Queue, QueueBounds } from "./queue.ts";

/** What an item weighs. Some hold several: a push of metrics has many points. */
interface Weight {
  readonly count: number;
  readonly bytes: number;
}

/** Of an item: how many it counts for, and bytes of it, roughly. */
export interface Scale<Item> {
  count(item: Item): number;
  bytes(item: Item): number;
}

/** A queue of the things themselves: batches are lists of them. */
export class BoundedQueue<Item> implements Queue<Item, readonly Item[]> {
  readonly #bounds: QueueBounds;
  readonly #scale: Scale<Item>;
  readonly #dropped: Dropped;
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

  constructor(bounds: QueueBounds, scale: Scale<Item>, dropped: Dropped) {
    this.#bounds = bounds;
    this.#scale = scale;
    this.#dropped = dropped;
  }

  get waiting(): number {
    return this.#waiting;
  }

  get count(): number {
    return this.#count;
  }

  get bytes(): number {
    return this.#weight;
  }

  get oldest(): number {
    return this.#size === 0 ? Number.POSITIVE_INFINITY : this.#times[this.#head]!;
  }

  countOf(item: Item): number {
    return this.#scale.count(item);
  }

  add(item: Item, now: number): void {
    const count = this.#scale.count(item);
    const bytes = this.#scale.bytes(item);
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

  cut(most: number): Cut<readonly Item[]> | undefined {
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
    return new ListCut(items, weights, since, (weight) => this.#release(weight));
  }

  expire(before: number): void {
    while (this.oldest < before) this.#dropOldest();
  }

  clear(): void {
    this.expire(Number.POSITIVE_INFINITY);
  }

  #release({ count, bytes }: Weight): void {
    this.#count -= count;
    this.#weight -= bytes;
  }

  #fits(count: number, bytes: number): boolean {
    return this.#count + count <= this.#bounds.items && this.#weight + bytes <= this.#bounds.bytes;
  }

  #dropOldest(): void {
    const weight = { count: this.#counts[this.#head]!, bytes: this.#bytes[this.#head]! };
    this.#shift();
    this.#release(weight);
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

class ListCut<Item> implements Cut<readonly Item[]> {
  readonly batch: readonly Item[];
  readonly since: number;
  /** Of each item. */
  readonly #weights: readonly Weight[];
  readonly #gone: (weight: Weight) => void;

  constructor(batch: readonly Item[], weights: readonly Weight[], since: number, gone: (weight: Weight) => void) {
    this.batch = batch;
    this.since = since;
    this.#weights = weights;
    this.#gone = gone;
  }

  get count(): number {
    return this.#weights.reduce((sum, { count }) => sum + count, 0);
  }

  halves(): readonly [ListCut<Item>, ListCut<Item>] | undefined {
    if (this.batch.length === 1) return undefined;
    const half = Math.ceil(this.batch.length / 2);
    return [this.#part(0, half), this.#part(half, this.batch.length)];
  }

  release(): void {
    for (const weight of this.#weights) this.#gone(weight);
  }

  #part(from: number, to: number): ListCut<Item> {
    return new ListCut(this.batch.slice(from, to), this.#weights.slice(from, to), this.since, this.#gone);
  }
}
