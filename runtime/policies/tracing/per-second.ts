import { clock } from "../../life/clock.ts";

/** At most so many in a second, up to as many at once, and one at least: `30/m` is half of one in a second. */
export class PerSecond {
  readonly #perSecond: number;
  readonly #atOnce: number;
  #left: number;
  #at: number;

  constructor(most: number) {
    this.#perSecond = most;
    this.#atOnce = Math.max(1, most);
    this.#left = this.#atOnce;
    this.#at = clock.monotonic();
  }

  take(): boolean {
    const now = clock.monotonic();
    this.#left = Math.min(this.#atOnce, this.#left + ((now - this.#at) / 1_000) * this.#perSecond);
    this.#at = now;
    if (this.#left < 1) return false;
    this.#left--;
    return true;
  }
}
