import { type Contained, contained } from "../../life/boundary.ts";
import { clock } from "../../life/clock.ts";
import { timers } from "../../life/timers.ts";

/** Spreads requests evenly: one every `interval` milliseconds. */
export class Pace {
  readonly #interval: number;
  readonly #owner: Contained;
  /** Monotonic milliseconds from which the next one may begin. */
  #next = 0;

  constructor(interval: number, owner: Contained) {
    this.#interval = interval;
    this.#owner = owner;
  }

  /** Resolves when it is the turn of the one who asks, or `signal` is over. */
  async turn(signal: AbortSignal): Promise<void> {
    const now = clock.monotonic();
    const at = Math.max(now, this.#next);
    this.#next = at + this.#interval;
    if (at > now) await this.#pause(at - now, signal);
  }

  /** Nothing was asked of a service in a turn: it is the next one's. */
  giveBack(): void {
    this.#next -= this.#interval;
  }

  #pause(milliseconds: number, signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const end = contained(this.#owner, (): void => {
        signal.removeEventListener("abort", end);
        timer.cancel();
        resolve();
      });
      const timer = timers.after(milliseconds, this.#owner, end);
      if (signal.aborted) end();
      else signal.addEventListener("abort", end, { once: true });
    });
  }
}
