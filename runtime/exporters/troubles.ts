import { clock } from "../life/clock.ts";
import type { Log } from "../log/log.ts";
import type { Figures } from "./figures.ts";

/** Milliseconds between two lines about the same trouble. */
const pace = 60_000;

/** Says that exports fail, once a minute, and that they succeed again: a dead collector would fill the log otherwise. */
export class Troubles {
  readonly #signal: string;
  readonly #figures: Figures;
  #saidAt = Number.NEGATIVE_INFINITY;
  /** What was lost when it was said last. */
  #lost = 0;
  /** Why nothing gets through; undefined while it does. */
  why: string | undefined = undefined;
  log: Log | undefined = undefined;

  constructor(signal: string, figures: Figures) {
    this.#signal = signal;
    this.#figures = figures;
  }

  /** `waiting`: items that are not lost yet. */
  failed(why: string, waiting: number): void {
    this.why = why;
    this.#say("exports fail", why, waiting);
  }

  /** Something was lost for good although exports work. */
  lost(why: string, waiting: number): void {
    this.#say("some of what is exported is lost", why, waiting);
  }

  succeeded(): void {
    if (this.why === undefined) return;
    this.why = undefined;
    this.#saidAt = Number.NEGATIVE_INFINITY;
    this.log?.write("info", "exports succeed again", { signal: this.#signal, lost: this.#newlyLost() });
  }

  /** The process ends. */
  ended(left: number): void {
    if (left > 0) this.log?.write("warning", "the gateway ends before all was exported", { signal: this.#signal, lost: left });
  }

  #say(event: string, reason: string, waiting: number): void {
    const now = clock.monotonic();
    if (now - this.#saidAt < pace) return;
    this.#saidAt = now;
    this.log?.write("warning", event, { signal: this.#signal, reason, waiting, lost: this.#newlyLost() });
  }

  #newlyLost(): number {
    const { rejected, dropped, failed } = this.#figures;
    const all = rejected + dropped + failed;
    const lost = all - this.#lost;
    this.#lost = all;
    return lost;
  }
}
