import { clock } from "../../life/clock.ts";
import type { Attempt } from "./attempt.ts";
import { FailureWindow } from "./failure-window.ts";
import { type Outcome, outcomes } from "./outcome.ts";
import { timeToHead } from "./time-to-head.ts";

export interface BreakerConfig {
  /** Shares of the attempts within `window` that failed, or took longer than `slowMs`, from 0 to 1; absent: not looked at. */
  readonly errorRate?: number;
  readonly slowRate?: number;
  /** Milliseconds to the head of an answer. */
  readonly slowMs?: number;
  /** Attempts that failed one after another; absent: not looked at. */
  readonly consecutive?: number;
  /** Attempts within the window below which shares say nothing. */
  readonly minimum: number;
  /** Milliseconds. */
  readonly window: number;
  /** Milliseconds until it is tried again; doubled each time that this fails, up to `maxOpen`. */
  readonly open: number;
  readonly maxOpen: number;
  /** Attempts that must succeed, after it was open, before it is closed. */
  readonly probes: number;
}

/** A breaker that is not closed, as one process tells another. */
export type OpenBreaker = {
  /** Milliseconds until an attempt may begin. */
  readonly waitMs: number;
  /** How often it opened since it was closed. */
  readonly openings: number;
};

export type BreakerState = "closed" | "open" | "halfOpen";

/** Share of the open time by which it is longer or shorter at most, so that instances do not all try at the same moment. */
const jitter = 0.2;

/**
 * Keeps requests away from what fails (Nygard, Release It!). Closed, it counts; open, nothing passes; half open, a few attempts
 * find out whether it works again: one at first, and one more at a time with each that succeeds. A place among those is given
 * back whatever becomes of the attempt, so that none is ever lost to a client that left.
 */
export class Breaker {
  readonly #config: BreakerConfig;
  readonly #window: FailureWindow;
  readonly #changed: (state: BreakerState) => void;
  #inRow = 0;
  /** Monotonic milliseconds at which an attempt succeeded last. */
  #workedAt = 0;
  #isOpen = false;
  /** Monotonic milliseconds; while open. */
  #until = 0;
  /** How often it opened since it was closed. */
  #openings = 0;
  #succeeded = 0;
  readonly #probing = new Set<Attempt>();
  /** How often it opened, since the process started. */
  opened = 0;

  /** `changed` hears of each change of the state that something was the cause of: that time has passed is none. */
  constructor(config: BreakerConfig, changed: (state: BreakerState) => void = () => {}) {
    this.#config = config;
    this.#changed = changed;
    this.#window = new FailureWindow(config.window);
  }

  get state(): BreakerState {
    if (!this.#isOpen) return "closed";
    return clock.monotonic() < this.#until ? "open" : "halfOpen";
  }

  /** Whether an attempt may begin now. */
  get permits(): boolean {
    return !this.#isOpen || (clock.monotonic() >= this.#until && this.#unanswered <= this.#succeeded);
  }

  /** Probes whose answer has not begun: one that streams for hours must not keep all others away for as long. */
  get #unanswered(): number {
    let count = 0;
    for (const { headAt } of this.#probing) if (headAt === 0) count++;
    return count;
  }

  /** Milliseconds until an attempt may begin; 0 while it is half open. */
  get waitMs(): number {
    return this.#isOpen ? Math.max(0, this.#until - clock.monotonic()) : 0;
  }

  /** For the process that takes over; undefined: it is closed, and nothing has to be known of it. */
  handOver(): OpenBreaker | undefined {
    return this.#isOpen ? { waitMs: this.waitMs, openings: this.#openings } : undefined;
  }

  adopt({ waitMs, openings }: OpenBreaker): void {
    this.#isOpen = true;
    this.#openings = openings;
    this.#until = clock.monotonic() + waitMs;
  }

  began(attempt: Attempt): void {
    // One that is made in place of another while it is open is no probe: those of many requests would open it time and again.
    if (this.#isOpen && clock.monotonic() >= this.#until) this.#probing.add(attempt);
  }

  ended(attempt: Attempt, outcome: Outcome): void {
    const wasProbe = this.#probing.delete(attempt);
    const { breaker } = outcomes[outcome];
    if (breaker === "none") return;
    const hasFailed = breaker === "failure";
    const isSlow = this.#config.slowMs !== undefined && timeToHead(attempt, attempt.endedAt) > this.#config.slowMs;
    if (this.#isOpen) {
      // What began before it opened says nothing about how it is now.
      if (wasProbe) this.#probed(hasFailed || isSlow);
      return;
    }
    this.#window.add(attempt.endedAt, hasFailed, isSlow);
    if (!hasFailed) {
      this.#inRow = 0;
      this.#workedAt = attempt.endedAt;
      // One endpoint of several that dies takes all with it that were under way there. What has begun since the service was
      // seen to work says whether it still does.
    } else if (attempt.startedAt >= this.#workedAt) this.#inRow++;
    if ((hasFailed || isSlow) && this.#isTooMuch()) this.#open();
  }

  #isTooMuch(): boolean {
    const { errorRate = 2, slowRate = 2, consecutive = Number.POSITIVE_INFINITY, minimum } = this.#config;
    if (this.#inRow >= consecutive) return true;
    const { all, failed, slow } = this.#window;
    return all >= minimum && (failed / all >= errorRate || slow / all >= slowRate);
  }

  #probed(hasFailed: boolean): void {
    if (hasFailed) {
      this.#open();
      return;
    }
    this.#succeeded++;
    if (this.#succeeded < this.#config.probes) return;
    this.#isOpen = false;
    this.#openings = 0;
    this.#inRow = 0;
    this.#window.clear();
    this.#changed("closed");
  }

  #open(): void {
    const { open, maxOpen } = this.#config;
    const base = Math.min(maxOpen, open * 2 ** Math.min(this.#openings, 30));
    this.#isOpen = true;
    this.#openings++;
    this.opened++;
    this.#succeeded = 0;
    this.#probing.clear();
    this.#until = clock.monotonic() + base * (1 - jitter + 2 * jitter * Math.random());
    this.#changed("open");
  }
}
