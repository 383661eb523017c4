/** Parts into which a window is divided: what is forgotten at once is as much. */
const parts = 10;

/** How many attempts of the last while failed, in constant space. */
export class FailureWindow {
  readonly #partMs: number;
  readonly #all = new Uint32Array(parts);
  readonly #failed = new Uint32Array(parts);
  readonly #slow = new Uint32Array(parts);
  /** Number of the part that is being filled. */
  #part = 0;
  all = 0;
  failed = 0;
  slow = 0;

  constructor(windowMs: number) {
    this.#partMs = windowMs / parts;
  }

  /** `now`: monotonic milliseconds. */
  add(now: number, hasFailed: boolean, isSlow = false): void {
    this.forget(now);
    const index = this.#part % parts;
    this.#all[index]!++;
    this.all++;
    if (hasFailed) {
      this.#failed[index]!++;
      this.failed++;
    }
    if (isSlow) {
      this.#slow[index]!++;
      this.slow++;
    }
  }

  /** What is older than the window counts no more. */
  forget(now: number): void {
    const part = Math.floor(now / this.#partMs);
    const passed = Math.min(parts, part - this.#part);
    for (let step = 1; step <= passed; step++) {
      const index = (this.#part + step) % parts;
      this.all -= this.#all[index]!;
      this.failed -= this.#failed[index]!;
      this.slow -= this.#slow[index]!;
      this.#all[index] = 0;
      this.#failed[index] = 0;
      this.#slow[index] = 0;
    }
    this.#part = Math.max(this.#part, part);
  }

  clear(): void {
    for (const counts of [this.#all, this.#failed, this.#slow]) counts.fill(0);
    this.all = 0;
    this.failed = 0;
    this.slow = 0;
  }
}
