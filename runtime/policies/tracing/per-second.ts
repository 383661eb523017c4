import { clock } from "../../life/clock.ts";

/** At most so many in a second, up to as many at once. */
export class PerSecond {
  readonly #most: number;
  #left: number;
  #at: number;

  constructor(most: number) {
    this.#most = most;
    this.#left = most;
    this.#at = clock.monotonic();
  }

  take(): boolean {
    const now = clock.monotonic();
    this.#left = Math.min(this.#most, this.#left + ((now - this.#at) / 1_000) * this.#most);
    this.#at = now;
    if (this.#left < 1) return false;
    this.#left--;
    return true;
  }
}
