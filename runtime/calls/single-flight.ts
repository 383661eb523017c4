/** Work of which there is one at a time for each key: whoever asks meanwhile gets what it brings. */
export class SingleFlight<Value> {
  readonly #flying = new Map<string, Promise<Value>>();

  run(key: string, begin: () => Promise<Value>): Promise<Value> {
    const flying = this.#flying.get(key);
    if (flying !== undefined) return flying;
    const begun = this.#once(key, begin);
    this.#flying.set(key, begun);
    return begun;
  }

  async #once(key: string, begin: () => Promise<Value>): Promise<Value> {
    try {
      // Later than now: what throws at once must not be forgotten before it is known.
      await undefined;
      return await begin();
    } finally {
      this.#flying.delete(key);
    }
  }
}
