import { logged } from "../life/boundary.ts";
import { clock } from "../life/clock.ts";
import { type Timer, timers } from "../life/timers.ts";
import { ControlledDelay, type ControlledDelayConfig } from "./controlled-delay.ts";
import { Waiting, WaitingClass, type WaitingEnd } from "./waiting.ts";

export interface WaitingLineConfig extends ControlledDelayConfig {
  /** Most that wait at a time. */
  readonly max: number;
  /** Milliseconds that anybody waits at most. */
  readonly deadline: number;
}

/** Of a limit that has a line: makes one for each limiter. */
export const waitingLine =
  (config: WaitingLineConfig): (() => WaitingLine) =>
  () =>
    new WaitingLine(config);

/** Milliseconds between two looks at who has waited too long. */
const tick = 5;

/**
 * Who waits for a place. The most important are served first, and of one class the oldest; the newest while the line stands,
 * since the oldest will hardly be answered in time any more. Whoever is shed is the oldest of the least important.
 */
export class WaitingLine {
  readonly #config: WaitingLineConfig;
  readonly #delay: ControlledDelay;
  readonly #classes = [new WaitingClass(), new WaitingClass(), new WaitingClass(), new WaitingClass()] as const;
  length = 0;
  #timer: Timer | undefined = undefined;
  #wakesAt = Number.POSITIVE_INFINITY;

  constructor(config: WaitingLineConfig) {
    this.#config = config;
    this.#delay = new ControlledDelay(config);
  }

  /**
   * Waits, or is settled at once where there is no room.
   *
   * @param until monotonic milliseconds at which it waits no longer, where that is before the deadline of the line
   */
  join(priority: Waiting["priority"], until: number, settle: Waiting["settle"]): Waiting {
    const now = clock.monotonic();
    const one = new Waiting(this, priority, now, Math.min(until, now + this.#config.deadline), settle);
    if (this.length >= this.#config.max) {
      const least = this.#leastImportant();
      if (least === undefined || least.priority <= priority) {
        one.isOver = true;
        settle("full");
        return one;
      }
      this.#end(least, "displaced");
    }
    this.#classes[priority].add(one);
    this.length++;
    if (one.until < this.#wakesAt) this.#wake(one.until, now);
    return one;
  }

  /** Whoever waited has left: the place in the line is free. */
  leave(one: Waiting): void {
    if (!one.isOver) this.#end(one, "gone");
  }

  /** There is a place: settles whose it is. False: nobody wants it. */
  serve(): boolean {
    const now = clock.monotonic();
    for (;;) {
      const oldest = this.#oldest();
      if (oldest === undefined) return false;
      // A line of one is no longer than it has to be (RFC 8289 §5.4).
      if (this.#delay.drops(this.length === 1 ? 0 : now - oldest.since, now)) {
        this.#end(this.#leastImportant()!, "standing");
        continue;
      }
      const next = this.#mostImportant()!;
      const isLate = next.until <= now;
      this.#end(next, isLate ? "deadline" : "free");
      if (!isLate) return true;
    }
  }

  #end(one: Waiting, end: WaitingEnd): void {
    one.isOver = true;
    this.#classes[one.priority].remove(one);
    this.length--;
    if (this.length === 0) {
      this.#timer?.cancel();
      this.#timer = undefined;
      this.#wakesAt = Number.POSITIVE_INFINITY;
    }
    one.settle(end);
  }

  #oldest(): Waiting | undefined {
    let found: Waiting | undefined;
    for (const { oldest } of this.#classes)
      if (oldest !== undefined && (found === undefined || oldest.since < found.since)) found = oldest;
    return found;
  }

  #mostImportant(): Waiting | undefined {
    const found = this.#classes.find(({ oldest }) => oldest !== undefined);
    return this.#delay.isStanding ? found?.newest : found?.oldest;
  }

  #leastImportant(): Waiting | undefined {
    return this.#classes.findLast(({ oldest }) => oldest !== undefined)?.oldest;
  }

  #wake(at: number, now: number): void {
    this.#timer?.cancel();
    this.#wakesAt = Math.max(at, now + tick);
    this.#timer = timers.after(this.#wakesAt - now, logged("a look at who has waited too long failed"), this.#look);
  }

  readonly #look = (): void => {
    const now = clock.monotonic();
    this.#wakesAt = Number.POSITIVE_INFINITY;
    let earliest = Number.POSITIVE_INFINITY;
    for (const { oldest } of this.#classes) {
      for (let one = oldest; one !== undefined; ) {
        const { behind } = one;
        if (one.until <= now) this.#end(one, "deadline");
        else earliest = Math.min(earliest, one.until);
        one = behind;
      }
    }
    if (earliest < this.#wakesAt) this.#wake(earliest, now);
  };
}
