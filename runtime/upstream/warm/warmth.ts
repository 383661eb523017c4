import { clock } from "../../life/clock.ts";
import type { CarrierPool } from "../carrier.ts";

/** A pool that keeps connections for requests that have not come yet. */
export interface WarmPool extends CarrierPool {
  /**
   * Keeps them from now on, while `isWanted` says so. Resolves once all stand that are wanted at least, or it was found that
   * one cannot be had.
   */
  warm(isWanted: () => boolean): Promise<void>;
  /** Called every second: opens what is missing, and what stands in for connections that are about to be too old. */
  tend(): void;
  /** As many stand as are wanted at least. */
  readonly isWarm: boolean;
}

/** What is known of a pool here. */
export interface Warmed {
  /** Connections that take requests, or will once they stand. */
  readonly count: number;
  /** Those of them that stand. */
  readonly standing: number;
  /** One more request would have a connection at once. */
  readonly hasSpare: boolean;
  /** It may have one connection more. */
  readonly mayGrow: boolean;
  /** Of `count`, those that are about to be closed. */
  readonly ending: number;
  openAhead(): void;
}

/** Connections that are opened at the same time for nobody in particular: a share of all, and never all at once. */
const atOnce = (least: number): number => Math.max(4, Math.ceil(least / 4));

/** Milliseconds after a failure until the next try; doubled each time up to the second. */
const firstPauseMs = 1_000;
const longestPauseMs = 30_000;

/** Milliseconds without a failure after which those before are forgotten. */
const calmMs = 2_000;

/** Decides when a pool opens a connection that no request waits for. */
export class Warmth {
  readonly #pool: Warmed;
  readonly #least: number;
  #isWanted: () => boolean = () => false;
  #failures = 0;
  /** Monotonic milliseconds: of the last failure, and until when nothing is opened after it. */
  #failedAt = 0;
  #pausedUntil = 0;
  #settle: (() => void) | undefined = undefined;

  constructor(pool: Warmed, least: number) {
    this.#pool = pool;
    this.#least = least;
  }

  get isWarm(): boolean {
    return this.#pool.standing >= this.#least;
  }

  begin(isWanted: () => boolean): Promise<void> {
    // A setting may say so.
    if (this.#least < 1) return Promise.resolve();
    this.#isWanted = isWanted;
    const begun = new Promise<void>((resolve) => {
      this.#settle = resolve;
    });
    this.fill();
    return begun;
  }

  /** Something changed in the pool. */
  fill(): void {
    const pool = this.#pool;
    if (pool.hasSpare && pool.count >= this.#least) return;
    this.#open(() => !pool.hasSpare || pool.count < this.#least);
  }

  tend(): void {
    const pool = this.#pool;
    const { ending } = pool;
    // That connections stand says little of an endpoint that closes them at once.
    if (this.#failures > 0 && this.isWarm && clock.monotonic() - this.#failedAt >= calmMs) this.#failures = 0;
    this.#open(() => !pool.hasSpare || pool.count - ending < this.#least);
  }

  #open(isMissing: () => boolean): void {
    const pool = this.#pool;
    if (!this.#isWanted() || clock.monotonic() < this.#pausedUntil) return;
    while (pool.mayGrow && pool.count - pool.standing < atOnce(this.#least) && isMissing()) pool.openAhead();
  }

  /** A connection stands. */
  opened(): void {
    if (this.isWarm) this.#settled();
    this.fill();
  }

  /** One could not be had, or was closed before it was of any use: the endpoint is left alone for a while. */
  failed(): void {
    const pause = Math.min(longestPauseMs, firstPauseMs * 2 ** Math.min(this.#failures++, 10));
    this.#failedAt = clock.monotonic();
    // Workers and instances that lost their connections together do not come back together.
    this.#pausedUntil = this.#failedAt + pause * (0.5 + 0.5 * Math.random());
    this.#settled();
  }

  #settled(): void {
    this.#settle?.();
    this.#settle = undefined;
  }
}
