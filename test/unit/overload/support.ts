import { Limiter, type LimiterConfig } from "../../../runtime/overload/limiter.ts";
import type { Priority } from "../../../runtime/overload/priority.ts";
import type { Waiting, WaitingEnd } from "../../../runtime/overload/waiting.ts";
import { type WaitingLineConfig, waitingLine } from "../../../runtime/overload/waiting-line.ts";

export const usualLine: WaitingLineConfig = { max: 100, deadline: 1_000, target: 5, interval: 100 };

/** A limiter, and what became of those who asked it for a place, by their names. */
export class Door {
  readonly limiter: Limiter;
  readonly ends: string[] = [];
  readonly #waiting = new Map<string, Waiting>();

  constructor(limit: number, line?: Partial<WaitingLineConfig>, config: Partial<LimiterConfig> = {}) {
    this.limiter = new Limiter({
      limit,
      ...(line === undefined ? {} : { line: waitingLine({ ...usualLine, ...line }) }),
      ...config,
    });
  }

  ask(name: string, priority: Priority = 2, until = Number.POSITIVE_INFINITY): void {
    if (this.limiter.enter()) {
      this.ends.push(`${name} free`);
      return;
    }
    const waiting = this.limiter.wait(priority, until, (end: WaitingEnd) => this.ends.push(`${name} ${end}`));
    if (waiting === undefined) this.ends.push(`${name} shed`);
    else this.#waiting.set(name, waiting);
  }

  /** Whoever waits under that name leaves. */
  abandon(name: string): void {
    const waiting = this.#waiting.get(name)!;
    waiting.line.leave(waiting);
  }

  /** What has ended since the last time. */
  take(): readonly string[] {
    return this.ends.splice(0);
  }
}
