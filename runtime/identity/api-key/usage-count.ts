import { isFailed } from "../../stores/store.ts";
import type { HeldKey, KeyUse } from "./held-key.ts";
import type { KeyShelf } from "./key-shelf.ts";

/** Most keys that are counted at a time. What is used beside them is not lost: it waits in what is held of the key. */
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

  note({ entry, use }: HeldKey): void {
    if (use.count > 0 && this.#used.size < mostCounted) this.#used.set(entry.id, use);
  }

  /** Writes what was counted since; what the store does not take is written the next time. */
  async write(): Promise<void> {
    const all = [...this.#used];
    this.#used.clear();
    for (let start = 0; start < all.length; start += together)
      await Promise.all(all.slice(start, start + together).map(([id, use]) => this.#writeOne(id, use)));
  }

  async #writeOne(id: string, use: KeyUse): Promise<void> {
    const { count, last } = use;
    use.count = 0;
    if (!isFailed(await this.#shelf.addUse(id, { count, last }))) return;
    use.count += count;
    if (this.#used.size < mostCounted) this.#used.set(id, use);
  }
}
