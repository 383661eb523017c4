import { contained, logged } from "../../life/boundary.ts";
import { clock } from "../../life/clock.ts";
import type { Every, Life } from "../../life/life.ts";
import { type Timer, timers } from "../../life/timers.ts";

/** Milliseconds until the next look after one that failed; doubled each time, up to the interval or a minute. */
const firstPauseMs = 200;
const longestPauseMs = 60_000;

/** Milliseconds after which a registry wants to be asked again, as it answers (RFC 9110 §10.2.3); 0: it has not said so. */
const askedBy = (error: unknown): number =>
  error instanceof Error && "retryAfterMs" in error && typeof error.retryAfterMs === "number" ? error.retryAfterMs : 0;

/** Looks again and again: at regular intervals while that works, and behind growing pauses while it does not. */
export class Pacing {
  readonly #every: Every;
  #timer: Timer | undefined = undefined;
  #failures = 0;
  /** Monotonic milliseconds up to which a registry wants to be left alone. */
  #notBefore = 0;

  /** `work` rejects where a look fails, of which `failed` is told; it may say after how many milliseconds the next one is due. */
  constructor(
    tenure: Life,
    interval: number,
    work: (signal: AbortSignal) => Promise<number | undefined>,
    failed: (error: unknown) => void,
  ) {
    const end = contained(logged("a registry is asked no more"), (): void => this.#timer?.cancel());
    tenure.signal.addEventListener("abort", end, { once: true });
    this.#every = tenure.every(interval, async (signal) => {
      if (clock.monotonic() < this.#notBefore) return;
      this.#timer?.cancel();
      try {
        const next = await work(signal);
        this.#failures = 0;
        if (next !== undefined && next < interval && !signal.aborted) this.#in(next);
      } catch (error) {
        if (signal.aborted) return;
        failed(error);
        const pause = Math.min(longestPauseMs, firstPauseMs * 2 ** Math.min(this.#failures++, 10));
        const asked = Math.min(longestPauseMs, askedBy(error));
        if (asked > pause) {
          this.#notBefore = clock.monotonic() + asked;
          this.#in(asked * (1 + Math.random() * 0.1));
          return;
        }
        if (pause >= interval) return;
        // Instances that lost their registry together do not come back together.
        const jittered = pause * (0.5 + Math.random() * 0.5);
        this.#in(jittered);
      }
    });
  }

  #in(milliseconds: number): void {
    this.#timer = timers.after(milliseconds, logged("a registry was not asked again"), () => this.soon());
  }

  soon(): void {
    this.#every.soon();
  }
}
