import { contained, logged } from "../life/boundary.ts";
import { clock } from "../life/clock.ts";
import { type Timer, timers } from "../life/timers.ts";

/** A span of time that ends once: when it is over, or when it is settled. */
export class Deadline {
  readonly #endsAt: number;
  readonly #timer: Timer;

  constructor(milliseconds: number, over: () => void) {
    this.#endsAt = clock.monotonic() + milliseconds;
    this.#timer = timers.after(milliseconds, logged("a deadline of a call of the gateway's own"), over);
  }

  /** Milliseconds. */
  get left(): number {
    return Math.max(0, this.#endsAt - clock.monotonic());
  }

  settle(): void {
    this.#timer.cancel();
  }
}

/** Resolves after so many milliseconds; rejects with the reason of `signal`, at once. */
export const pause = (milliseconds: number, signal: AbortSignal): Promise<void> =>
  new Promise((resolve, reject) => {
    const settle = (then: () => void): void => {
      deadline.settle();
      signal.removeEventListener("abort", onAbort);
      then();
    };
    const onAbort = contained({ broke: reject }, (): void => settle(() => reject(signal.reason)));
    const deadline = new Deadline(milliseconds, () => settle(resolve));
    if (signal.aborted) onAbort();
    else signal.addEventListener("abort", onAbort);
  });
