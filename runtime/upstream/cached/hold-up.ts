import type { Contained } from "../../life/boundary.ts";
import { clock } from "../../life/clock.ts";
import { type Timer, timers } from "../../life/timers.ts";

/** Milliseconds for which those who take an answer together wait for the slowest of them, altogether. */
const patience = 10_000;
/** The same once that is used up, for others who are as slow. */
const rest = 1_000;

/** How long some clients have held up others who take the same answer. */
export class HoldUp {
  readonly #owner: Contained;
  readonly #over: () => void;
  #left = patience;
  #since = 0;
  #timer: Timer | undefined = undefined;

  /** `over` is called when they have done so for too long. */
  constructor(owner: Contained, over: () => void) {
    this.#owner = owner;
    this.#over = over;
  }

  begin(): void {
    if (this.#timer !== undefined) return;
    this.#since = clock.monotonic();
    this.#timer = timers.after(this.#left, this.#owner, () => {
      this.#timer = undefined;
      this.#left = rest;
      this.#over();
    });
  }

  end(): void {
    if (this.#timer === undefined) return;
    this.#timer.cancel();
    this.#timer = undefined;
    this.#left = Math.max(1, this.#left - (clock.monotonic() - this.#since));
  }
}
