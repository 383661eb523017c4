import type { Log } from "../log/log.ts";
import type { Contained } from "./boundary.ts";
import { createLife } from "./create-life.ts";
import { createEnding } from "./ending.ts";
import type { Living } from "./living.ts";
import { messageOf } from "./message-of.ts";
import type { Seat } from "./seat.ts";
import { type Timer, timers } from "./timers.ts";

/** Milliseconds until the next try, of an owner that could not begin. */
const firstPause = 1_000;
const longestPause = 60_000;

/**
 * The time for which this process is the one that does the work of a thing. Its group counts on it, so an `own` that throws
 * is tried again until it works or the tenure is over: an owner that sits there and does nothing is worse than none.
 */
export class Tenure implements Contained {
  readonly #thing: Living;
  readonly #seat: Seat;
  readonly #log: Log;
  readonly #over = createEnding();
  #attempt = createEnding();
  #pause = firstPause;
  #timer: Timer | undefined = undefined;

  constructor(thing: Living, seat: Seat, log: Log) {
    this.#thing = thing;
    this.#seat = seat;
    this.#log = log;
    this.#begin();
  }

  end(): void {
    this.#timer?.cancel();
    this.#over.abort();
    this.#attempt.abort();
  }

  broke(error: unknown): void {
    this.#attempt.abort();
    if (this.#over.signal.aborted) return;
    this.#log.write("error", "background work could not begin, and is tried again", { reason: messageOf(error) });
    this.#timer = timers.after(this.#pause, this, () => this.#begin());
    this.#pause = Math.min(longestPause, this.#pause * 2);
  }

  #begin(): void {
    // What a failed attempt left going ends with it.
    this.#attempt = createEnding();
    void this.#own(this.#attempt.signal);
  }

  async #own(signal: AbortSignal): Promise<void> {
    try {
      await this.#thing.own?.(createLife(this.#seat, this.#log, signal));
    } catch (error) {
      this.broke(error);
    }
  }
}
