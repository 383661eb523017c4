/** Servers that know the same, of which one is asked at a time. */
export class InTurn {
  readonly #addresses: readonly string[];
  readonly #left: () => void;
  #at = 0;

  /**
   * @param addresses without a slash at their ends
   * @param left called where the next call goes to another server than the one before: what that one has said is of no use there
   */
  constructor(addresses: readonly string[], left: () => void) {
    this.#addresses = addresses;
    this.#left = left;
  }

  /** Of the server that is asked now. */
  get address(): string {
    return this.#addresses[this.#at]!;
  }

  elsewhere(): void {
    this.#at = (this.#at + 1) % this.#addresses.length;
    this.#left();
  }

  /** What `work` gives, of the first server for which it does not reject, beginning with the one that did well last. */
  async anywhere<Value>(signal: AbortSignal, work: () => Promise<Value>): Promise<Value> {
    for (let left = this.#addresses.length; ; left--) {
      try {
        return await work();
      } catch (error) {
        this.elsewhere();
        if (left === 1 || signal.aborted) throw error;
      }
    }
  }
}
