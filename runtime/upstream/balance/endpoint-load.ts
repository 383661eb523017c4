import type { Attempt } from "../attempts/attempt.ts";
import { type Outcome, outcomes } from "../attempts/outcome.ts";
import { timeToHead } from "../attempts/time-to-head.ts";
import type { AttemptWatcher } from "../attempts/watcher.ts";
import type { Endpoint } from "../endpoint.ts";

/** Milliseconds in which a sample loses all but 1/e of its weight. */
const decayMs = 10_000;

/** Milliseconds below which endpoints are equally quick: what is less is noise of this machine. */
const least = 1;

/** Milliseconds that a failure is taken for at least, however quickly it came: quick failures must not attract requests. */
const penaltyMs = 1_000;

/** How often in a row another endpoint is quicker as chance has it: with `hedge: { after: p95 }`, twice for one of 400 requests. */
const mostByChance = 2;

/** Only endpoints of a service that watches loads are asked for it. */
export const loadOf = (endpoint: Endpoint): EndpointLoad => endpoint.load!;

/** Keeps the load of each endpoint, for load balancers that go by it. */
export function createEndpointLoads(): AttemptWatcher {
  const total: Total = { inFlight: 0 };
  // Of all that no request was sent to yet: of thousands that discovery finds, most may get none.
  const none = new EndpointLoad(total);
  return {
    watch({ all }) {
      for (const endpoint of all) endpoint.load ??= none;
    },
    began({ endpoint }) {
      if (endpoint.load === none) endpoint.load = new EndpointLoad(total);
      loadOf(endpoint).began();
    },
    ended(attempt, outcome) {
      const load = loadOf(attempt.endpoint);
      load.ended(outcome, timeToHead(attempt, attempt.endedAt), attempt.endedAt, attempt.isOvertaken === true);
      // Its tunnel goes on.
      if (isTunnel(attempt)) load.began();
    },
    clientAwaited({ endpoint }, isSo) {
      if (isSo) loadOf(endpoint).left();
      else loadOf(endpoint).began();
    },
    tunnelEnded(attempt) {
      if (isTunnel(attempt)) loadOf(attempt.endpoint).left();
    },
  };
}

const isTunnel = ({ status, error }: Attempt): boolean => status === 101 && error === "";

/** Attempts under way at all endpoints of a service. */
interface Total {
  inFlight: number;
}

/** What one process knows of the load of an endpoint. */
export class EndpointLoad {
  /** Attempts that have begun and not ended, their answers included. */
  inFlight = 0;
  /** Monotonic milliseconds up to which it is known as one where requests fail, unless one succeeds. */
  #failingUntil = 0;
  readonly total: Total;
  /** How often in a row an attempt here was given up because another endpoint was quicker. */
  #overtaken = 0;
  /** Peak-sensitive moving average of milliseconds to the head of answers; 0: nothing is known. */
  #latency = 0;
  /** Monotonic milliseconds of the last sample. */
  #at = 0;

  constructor(total: Total = { inFlight: 0 }) {
    this.total = total;
  }

  began(): void {
    this.inFlight++;
    this.total.inFlight++;
  }

  left(): void {
    this.inFlight--;
    this.total.inFlight--;
  }

  /** `ms`: until the head of the answer came, or was waited for in vain. */
  ended(outcome: Outcome, ms: number, now: number, isOvertaken = false): void {
    this.left();
    const { latency } = outcomes[outcome];
    if (latency === "sample" || latency === "penalty") {
      this.#failingUntil = latency === "penalty" ? now + decayMs : 0;
      this.#overtaken = 0;
      this.#add(Math.max(latency === "sample" ? least : penaltyMs, ms), now);
    } else if (latency === "bound") this.#isAtLeast(isOvertaken ? this.#overtakenAfter(ms, now) : ms, now);
  }

  /**
   * Where others are always quicker, nobody waits until it is known how long an endpoint takes, and one that is frozen would go
   * on drawing requests: with each time in a row it is taken for twice as slow, up to what a failure counts, and for one that
   * fails once that is no chance.
   */
  #overtakenAfter(ms: number, now: number): number {
    const found = ms * 2 ** Math.min(this.#overtaken, 10);
    this.#overtaken++;
    if (this.#overtaken > mostByChance) this.#failingUntil = now + decayMs;
    return Math.max(ms, Math.min(found, penaltyMs));
  }

  #isAtLeast(ms: number, now: number): void {
    if (ms > this.#latency) this.#add(ms, now);
  }

  /** It is another one by now: only what is under way there still counts. */
  forget(): void {
    this.#latency = 0;
    this.#failingUntil = 0;
    this.#overtaken = 0;
  }

  /** A peak counts at once, and is forgotten slowly (Finagle's peak EWMA). */
  #add(sample: number, now: number): void {
    const past = this.#latency === 0 ? 0 : Math.exp((this.#at - now) / decayMs);
    this.#latency = sample > this.#latency ? sample : this.#latency * past + sample * (1 - past);
    this.#at = now;
  }

  /** Milliseconds; `unknown` where there is no sample. What was long ago counts less and less. */
  latency(now: number, unknown: number): number {
    if (this.#latency === 0) return unknown;
    const past = Math.exp((this.#at - now) / decayMs);
    return Math.max(least, this.#latency * past + Math.min(this.#latency, unknown) * (1 - past));
  }

  /** The last that was heard of it is a failure, and not long ago. */
  isFailing(now: number): boolean {
    return now < this.#failingUntil;
  }

  /** There is a sample. */
  get isKnown(): boolean {
    return this.#latency > 0;
  }
}
