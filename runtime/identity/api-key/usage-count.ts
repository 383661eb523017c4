import { isFailed } from "../../stores/store.ts";
import type { HeldKey, KeyUse } from "./held-key.ts";
import type { KeyShelf } from "./key-shelf.ts";

/** Most keys that are counted between two times that they are written; uses of others are not counted. */
const mostCounted = 50_000;
/** Keys that are written at the same time. */
const together = 50;

/** Uses of keys in a store: counted in memory, and written now and then. */
export class UsageCount {
  readonly #shelf: Pick<KeyShelf, "addUse">;
  /** By id. */
  readonly #used = new Map<string, KeyUse>();

  constructor(shelf: Pick<KeyShelf, "addUse">) {
    this.#shelf = shelf;
  }

  /** Takes over what the key has counted. */
  note(held: HeldKey): void {
    const { count, last } = held;
    if (count === 0) return;
    held.count = 0;
    this.#count(held.entry.id, { count, last });
  }

  #count(id: string, { count, last }: KeyUse): void {
    const use = this.#used.get(id);
    if (use !== undefined) {
      use.count += count;
      use.last = Math.max(use.last, last);
    } else if (this.#used.size < mostCounted) this.#used.set(id, { count, last });
  }

  /** Writes what was counted since; what the store does not take is written the next time. */
  async write(): Promise<void> {
    const all = [...this.#used];
    this.#used.clear();
    for (let start = 0; start < all.length; start += together)
      await Promise.all(all.slice(start, start + together).map(([id, use]) => this.#writeOne(id, use)));
  }

  async #writeOne(id: string, use: KeyUse): Promise<void> {
    if (isFailed(await this.#shelf.addUse(id, use))) this.#count(id, use);
  }
}
