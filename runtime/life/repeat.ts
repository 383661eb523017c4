import type { Log } from "../log/log.ts";
import { type Contained, contained } from "./boundary.ts";
import { createEnding } from "./ending.ts";
import type { Every } from "./life.ts";
import { messageOf } from "./message-of.ts";
import { type Timer, timers } from "./timers.ts";

export interface Repeated {
  readonly milliseconds: number;
  readonly work: (signal: AbortSignal) => void | Promise<void>;
  readonly signal: AbortSignal;
  readonly log: Log;
}

/** `Life.every`: one piece of work at a time, each a while after the one before has ended. */
export class Repeat implements Every, Contained {
  readonly #repeated: Repeated;
  readonly #ended = createEnding();
  #timer: Timer | undefined = undefined;
  #isWorking = false;
  #isWanted = false;

  constructor(repeated: Repeated) {
    this.#repeated = repeated;
    const { signal } = repeated;
    if (signal.aborted) this.#ended.abort(signal.reason);
    else signal.addEventListener("abort", this.#onEnd, { once: true });
    this.soon();
  }

  soon(): void {
    this.#isWanted = true;
    if (this.#isWorking || this.#ended.signal.aborted) return;
    this.#timer?.cancel();
    // Behind whoever asks, who may not have this object yet.
    this.#isWorking = true;
    queueMicrotask(this.#run);
  }

  stop(): void {
    if (this.#ended.signal.aborted) return;
    this.#repeated.signal.removeEventListener("abort", this.#onEnd);
    this.#timer?.cancel();
    this.#ended.abort();
  }

  broke(error: unknown): void {
    // Work that was told to end may end as it likes.
    if (this.#ended.signal.aborted) return;
    this.#repeated.log.write("warning", "background work failed, and is tried again", { reason: messageOf(error) });
  }

  readonly #onEnd = contained(this, (): void => this.stop());

  readonly #run = contained(this, (): void => void this.#work());

  async #work(): Promise<void> {
    const { signal } = this.#ended;
    try {
      this.#isWanted = false;
      if (!signal.aborted) await this.#repeated.work(signal);
    } catch (error) {
      this.broke(error);
    }
    this.#isWorking = false;
    if (signal.aborted) return;
    if (this.#isWanted) this.soon();
    else this.#timer = timers.after(this.#pause(), this, () => this.soon());
  }

  /** A tenth more or less. */
  #pause(): number {
    return this.#repeated.milliseconds * (0.9 + Math.random() * 0.2);
  }
}
