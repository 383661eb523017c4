import { Fifo, type Queued } from "./fifo.ts";

/** Bytes that a key costs whose value is gone. */
const ghostBytes = 200;

/** Shares of the memory: what is new has this one until it was asked for again. */
const smallShare = 0.1;

const mostHits = 3;

class Item<Value> implements Queued<Item<Value>> {
  ahead: Item<Value> | undefined = undefined;
  behind: Item<Value> | undefined = undefined;
  hits = 0;
  readonly key: string;
  value: Value | undefined;
  size: number;
  queue: Fifo<Item<Value>>;

  constructor(key: string, value: Value, size: number, queue: Fifo<Item<Value>>) {
    this.key = key;
    this.value = value;
    this.size = size;
    this.queue = queue;
  }
}

/**
 * Values within so many bytes. What goes first is chosen by S3-FIFO (Yang, Zhang, Qiu, Yue, Vinayak: FIFO queues are all you
 * need for cache eviction, SOSP 2023, algorithm 1): what is new waits in a small queue, and gets into the main one only when it
 * is asked for twice, so that a scan passes through without flushing what others ask for. A key whose value has left is
 * remembered for a while; one that comes back goes to the main queue.
 */
export class S3Fifo<Value> {
  readonly #items = new Map<string, Item<Value>>();
  readonly #small = new Fifo<Item<Value>>();
  readonly #main = new Fifo<Item<Value>>();
  readonly #ghosts = new Fifo<Item<Value>>();
  readonly #maxBytes: number;
  readonly #left: (key: string, value: Value) => void;
  /** Values that had to go to make room. */
  evicted = 0;

  /** `left`: told of each value that is there no more. */
  constructor(maxBytes: number, left: (key: string, value: Value) => void) {
    this.#maxBytes = maxBytes;
    this.#left = left;
  }

  get bytes(): number {
    return this.#small.size + this.#main.size + this.#ghosts.size;
  }

  get count(): number {
    return this.#small.count + this.#main.count;
  }

  get(key: string): Value | undefined {
    const item = this.#items.get(key);
    if (item?.value === undefined) return undefined;
    if (item.hits < mostHits) item.hits++;
    return item.value;
  }

  /** As `get`, without being a sign of interest. */
  peek(key: string): Value | undefined {
    return this.#items.get(key)?.value;
  }

  /** False: it is larger than all there is room for, or than what new ones have. */
  put(key: string, value: Value, size: number): boolean {
    const known = this.#items.get(key);
    if (size > this.#maxBytes / 2) {
      this.delete(key);
      return false;
    }
    if (known === undefined) {
      const item = new Item(key, value, size, this.#small);
      this.#items.set(key, item);
      this.#small.add(item);
    } else {
      const wasGone = known.value === undefined;
      known.queue.remove(known);
      if (wasGone) {
        known.queue = this.#main;
        known.hits = 0;
      } else if (known.value !== value) this.#left(key, known.value!);
      known.value = value;
      known.size = size;
      known.queue.add(known);
    }
    while (this.bytes > this.#maxBytes) this.#evict();
    return this.#items.get(key)?.value === value;
  }

  /** What is kept there has grown, or shrunk. False: it is not kept, or has got larger than all there is room for. */
  resize(key: string, value: Value, size: number): boolean {
    const item = this.#items.get(key);
    if (item === undefined || item.value !== value || size > this.#maxBytes / 2) return false;
    item.queue.size += size - item.size;
    item.size = size;
    while (this.bytes > this.#maxBytes) this.#evict();
    return true;
  }

  delete(key: string): void {
    const item = this.#items.get(key);
    if (item === undefined) return;
    item.queue.remove(item);
    this.#items.delete(key);
    if (item.value !== undefined) this.#left(key, item.value);
  }

  clear(): void {
    for (const key of [...this.#items.keys()]) this.delete(key);
  }

  #evict(): void {
    if (this.#ghosts.count > this.count) this.#forget();
    else if (this.#small.size > this.#maxBytes * smallShare || this.#main.count === 0) this.#evictSmall();
    else this.#evictMain();
  }

  #forget(): void {
    const ghost = this.#ghosts.first!;
    this.#ghosts.remove(ghost);
    this.#items.delete(ghost.key);
  }

  #evictSmall(): void {
    const item = this.#small.first;
    if (item === undefined) return this.#forget();
    this.#small.remove(item);
    if (item.hits > 1) {
      item.hits = 0;
      item.queue = this.#main;
      this.#main.add(item);
      return;
    }
    const value = item.value!;
    item.value = undefined;
    item.size = ghostBytes + item.key.length;
    item.queue = this.#ghosts;
    this.#ghosts.add(item);
    this.evicted++;
    this.#left(item.key, value);
  }

  #evictMain(): void {
    const item = this.#main.first!;
    this.#main.remove(item);
    if (item.hits > 0) {
      item.hits--;
      this.#main.add(item);
      return;
    }
    this.#items.delete(item.key);
    this.evicted++;
    this.#left(item.key, item.value!);
  }
}
