import type { BodyBudget } from "../body/hold.ts";

/**
 * Clients that are still taking the bytes of one answer. While a cache keeps it, these count there. Once it has left, or where it never
 * was in the memory of this process, they count among the bodies, once for all who take them, up to the last: the memory is
 * used by then, so nobody is asked whether there is room, but whoever wants more is refused.
 */
export class Takers {
  #count = 0;
  /** Places in caches where it is. */
  #places = 0;
  #counted = 0;
  #budget: BodyBudget | undefined = undefined;

  kept(): void {
    this.#places++;
    this.#uncount();
  }

  /** `bytes`: what it takes in memory. */
  left(bytes: number): void {
    this.#places--;
    this.#countAs(bytes);
  }

  /** `bytes`: the same. */
  begun(budget: BodyBudget, bytes: number): void {
    this.#budget = budget;
    this.#count++;
    this.#countAs(bytes);
  }

  ended(): void {
    this.#count--;
    if (this.#count === 0) this.#uncount();
  }

  #countAs(bytes: number): void {
    if (this.#count === 0 || this.#places > 0 || this.#counted > 0) return;
    this.#counted = bytes;
    this.#budget!.held += bytes;
  }

  #uncount(): void {
    if (this.#budget !== undefined) this.#budget.held -= this.#counted;
    this.#counted = 0;
  }
}
