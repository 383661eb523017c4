import { clock } from "../life/clock.ts";

/**
 * Whether a server is asked at all. After a few misses in a row it is not, and nobody waits for it: a call of the gateway's own,
 * one every `open` milliseconds, finds out whether it answers again.
 */
export class StoreBreaker {
  readonly #misses: number;
  readonly #open: number;
  #inRow = 0;
  #nextAt = 0;

  constructor({ misses, open }: { readonly misses: number; readonly open: number }) {
    this.#misses = misses;
    this.#open = open;
  }

  get isOpen(): boolean {
    return this.#inRow >= this.#misses;
  }

  /** `probe`: as `open`, and it is time to find out. */
  state(): "closed" | "open" | "probe" {
    if (this.#inRow < this.#misses) return "closed";
    const now = clock.monotonic();
    if (now < this.#nextAt) return "open";
    this.#nextAt = now + this.#open;
    return "probe";
  }

  /** True: it was closed and is open now. */
  miss(): boolean {
    this.#inRow++;
    if (this.#inRow < this.#misses) return false;
    this.#nextAt = clock.monotonic() + this.#open;
    return this.#inRow === this.#misses;
  }

  /** True: it was open. */
  hit(): boolean {
    const wasOpen = this.isOpen;
    this.#inRow = 0;
    return wasOpen;
  }
}
