import { clock } from "../../life/clock.ts";

/** So many at once, and one more with each span of time. */
export class Allowance {
  readonly #most: number;
  readonly #spanMs: number;
  #left: number;
  #at = clock.monotonic();

  constructor(most: number, spanMs: number) {
    this.#most = most;
    this.#spanMs = spanMs;
    this.#left = most;
  }

  take(): boolean {
    const now = clock.monotonic();
    this.#left = Math.min(this.#most, this.#left + (now - this.#at) / this.#spanMs);
    this.#at = now;
    if (this.#left < 1) return false;
    this.#left--;
    return true;
  }
}
