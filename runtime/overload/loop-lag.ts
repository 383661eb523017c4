import { logged } from "../life/boundary.ts";
import { clock } from "../life/clock.ts";
import { type Timer, timers } from "../life/timers.ts";
import type { Priority } from "./priority.ts";

export interface LoopLagConfig {
  /** Milliseconds that the event loop may be late. */
  readonly most: number;
  /** Milliseconds between two looks. */
  readonly interval: number;
}

/** Classes that may be shed: all but the most important. */
const mostLevel = 3;

/**
 * How late the event loop is, by one timer for the whole process. While it is later than it may be, each look sheds one class
 * more, the least important first; while it is not, each look lets one more class in again.
 */
export class LoopLag {
  readonly #config: LoopLagConfig;
  /** Milliseconds, at the last look. */
  lag = 0;
  /** How many classes are shed. */
  level = 0;
  #dueAt = 0;
  #timer: Timer | undefined = undefined;

  constructor(config: LoopLagConfig) {
    this.#config = config;
  }

  start(): void {
    this.#arm();
  }

  stop(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
  }

  sheds(priority: Priority): boolean {
    return priority > mostLevel - this.level;
  }

  #arm(): void {
    const { interval } = this.#config;
    this.#dueAt = clock.monotonic() + interval;
    this.#timer = timers.after(interval, logged("a look at the event loop failed"), this.#look);
  }

  readonly #look = (): void => {
    this.lag = Math.max(0, clock.monotonic() - this.#dueAt);
    this.level = Math.max(0, Math.min(mostLevel, this.level + (this.lag > this.#config.most ? 1 : -1)));
    this.#arm();
  };
}
