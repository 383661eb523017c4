import type { Attempt } from "./attempt.ts";
import type { Outcome } from "./outcome.ts";
import { timeToHead } from "./time-to-head.ts";
import type { AttemptWatcher } from "./watcher.ts";

/** The logarithm of 1.2: each bucket is a fifth longer than the one before it, from 1 ms to more than a minute. */
const growth = 0.182_321_556_793_954_6;
const buckets = 64;

/** Milliseconds after which what was seen counts half. */
const halfLifeMs = 10_000;

/** Samples without which nothing is said. */
const least = 20;

/** How long the head of an answer takes at a service, as most of the recent answers had it. */
export class LatencyQuantile implements AttemptWatcher {
  readonly #share: number;
  readonly #counts = new Float64Array(buckets);
  #total = 0;
  #halvedAt = 0;

  /** `share`: 0.95 for the time within which 95 % of the answers come. */
  constructor(share: number) {
    this.#share = share;
  }

  /**
   * One that was given up for another would have taken longer than it was waited for: it counts with that. A client that left
   * before anything was late says nothing: those who leave quickly would make each answer a late one.
   */
  ended(attempt: Attempt, outcome: Outcome): void {
    if (outcome !== "ok" && outcome !== "abandoned") return;
    const { headAt, endedAt } = attempt;
    const ms = timeToHead(attempt, endedAt);
    if (headAt > 0 || ms >= (this.value ?? Number.POSITIVE_INFINITY)) this.add(ms, endedAt);
  }

  add(milliseconds: number, now: number): void {
    const bucket = milliseconds <= 1 ? 0 : Math.min(buckets - 1, Math.ceil(Math.log(milliseconds) / growth));
    if (now - this.#halvedAt >= halfLifeMs) this.#halve(now);
    this.#counts[bucket]!++;
    this.#total++;
  }

  #halve(now: number): void {
    const counts = this.#counts;
    this.#halvedAt = now;
    this.#total = 0;
    for (let bucket = 0; bucket < buckets; bucket++) this.#total += counts[bucket]! /= 2;
  }

  /** Milliseconds; undefined while too little is known. */
  get value(): number | undefined {
    if (this.#total < least) return undefined;
    let seen = 0;
    for (let bucket = 0; bucket < buckets; bucket++) {
      seen += this.#counts[bucket]!;
      if (seen >= this.#share * this.#total) return Math.exp(bucket * growth);
    }
    return undefined;
  }
}
