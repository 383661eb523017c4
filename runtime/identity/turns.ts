/** By whom something waits: a path of names, of which each shares the turns of the one before. */
export type Waiting = readonly string[];

/**
 * What waits, by who waits for it. Each name of one level has its turn after the others of that level, however much it has
 * waiting; within the last level the oldest comes first.
 */
export class Turns<Item> {
  /** In the order of their turns. */
  readonly #names = new Map<string, Turns<Item>>();
  /** Of the last level, which has no names. */
  readonly #items: Item[] = [];
  #size = 0;

  get size(): number {
    return this.#size;
  }

  add(who: Waiting, item: Item, level = 0): void {
    this.#size++;
    const name = who[level];
    if (name === undefined) {
      this.#items.push(item);
      return;
    }
    let own = this.#names.get(name);
    if (own === undefined) this.#names.set(name, (own = new Turns()));
    own.add(who, item, level + 1);
  }

  /** Takes out what has its turn. */
  next(): Item | undefined {
    if (this.#size === 0) return undefined;
    this.#size--;
    for (const [name, own] of this.#names) {
      const item = own.next();
      this.#names.delete(name);
      if (own.size > 0) this.#names.set(name, own);
      return item;
    }
    return this.#items.shift();
  }

  /**
   * Takes out what came last of who has most waiting, to make room for one of `who`. Undefined where that is `who`, or nobody
   * has more than `who` would have.
   */
  giveWay(who: Waiting, level = 0): Item | undefined {
    const [name, largest] = this.#largest();
    if (largest === undefined) return undefined;
    const own = who[level];
    if (name === own) {
      const item = largest.giveWay(who, level + 1);
      return item === undefined ? undefined : this.#without(name!, largest, item);
    }
    if (largest.size <= (own === undefined ? 0 : (this.#names.get(own)?.size ?? 0)) + 1) return undefined;
    return this.#without(name!, largest, largest.#newest());
  }

  #newest(): Item {
    const [name, largest] = this.#largest();
    if (largest !== undefined) return this.#without(name!, largest, largest.#newest());
    this.#size--;
    return this.#items.pop()!;
  }

  #without(name: string, own: Turns<Item>, item: Item): Item {
    this.#size--;
    if (own.size === 0) this.#names.delete(name);
    return item;
  }

  #largest(): readonly [string, Turns<Item>] | readonly [undefined, undefined] {
    let found: readonly [string, Turns<Item>] | readonly [undefined, undefined] = [undefined, undefined];
    for (const one of this.#names) if (one[1].size > (found[1]?.size ?? 0)) found = one;
    return found;
  }
}
