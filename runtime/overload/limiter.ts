import { clock } from "../life/clock.ts";
import type { AdaptiveLimit } from "./adaptive-limit.ts";
import type { Priority } from "./priority.ts";
import type { ShedReason, Waiting, WaitingEnd } from "./waiting.ts";
import type { WaitingLine } from "./waiting-line.ts";

export interface LimiterConfig {
  /** Most under way at a time; where it adapts, `adaptive` says it. */
  readonly limit: number;
  readonly adaptive?: () => AdaptiveLimit;
  /** Where those who find no place wait. */
  readonly line?: () => WaitingLine;
}

/** How many were shed: by reason, for each class. */
export type ShedCounts = Partial<Record<ShedReason, number[]>>;

/**
 * Holds the number of those under way at a limit. Whoever was let in leaves once, whatever becomes of it. It speaks of this
 * process alone: each worker has its own.
 */
export class Limiter {
  readonly #adaptive: AdaptiveLimit | undefined;
  readonly #line: WaitingLine | undefined;
  /** Others that count for the same limit may count here too. */
  readonly shed: ShedCounts;
  limit: number;
  inFlight = 0;

  constructor({ limit, adaptive, line }: LimiterConfig, shed: ShedCounts = {}) {
    this.shed = shed;
    this.#adaptive = adaptive?.();
    this.#line = line?.();
    this.limit = this.#adaptive?.value ?? limit;
  }

  get waiting(): number {
    return this.#line?.length ?? 0;
  }

  /** Wants to know how long those took that were answered. */
  get isAdaptive(): boolean {
    return this.#adaptive !== undefined;
  }

  /** Takes a place, where there is one: nobody waits then. */
  enter(): boolean {
    if (this.inFlight >= this.limit) return false;
    this.inFlight++;
    return true;
  }

  /** Lets one in although there is no place. */
  exceed(priority: Priority): void {
    this.#count("full", priority);
    this.inFlight++;
  }

  /**
   * For one who has found no place: waits in the line, or is shed at once. Undefined: there is no line, and it was shed; `settle`
   * is not called then.
   *
   * @param until monotonic milliseconds at which it is of no use any more
   */
  wait(priority: Priority, until: number, settle: (end: WaitingEnd) => void): Waiting | undefined {
    if (this.#line === undefined) {
      this.#count("full", priority);
      return undefined;
    }
    return this.#line.join(priority, until, (end) => {
      if (end === "free") this.inFlight++;
      else if (end !== "gone") this.#count(end, priority);
      settle(end);
    });
  }

  /**
   * Gives a place back.
   *
   * @param took milliseconds until it was answered; undefined where that says nothing about how busy the service is: it failed,
   *   or nobody waited for its answer
   */
  leave(took?: number): void {
    if (took !== undefined && this.#adaptive !== undefined) {
      this.#adaptive.learn(took, this.inFlight, clock.monotonic());
      this.limit = this.#adaptive.value;
    }
    this.inFlight--;
    while (this.waiting > 0 && this.inFlight < this.limit && this.#line!.serve());
  }

  #count(reason: ShedReason, priority: Priority): void {
    const counts = (this.shed[reason] ??= [0, 0, 0, 0]);
    counts[priority]!++;
  }
}
