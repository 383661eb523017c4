import { clock } from "../life/clock.ts";
import { type Cells, type Law, shareOf } from "./law.ts";

export interface TokenBucketConfig {
  /** Tokens that are refilled in a window. */
  readonly limit: number;
  /** Milliseconds. */
  readonly window: number;
  /** Most tokens. */
  readonly burst: number;
}

export const createTokenBucket = (config: TokenBucketConfig): TokenBucket => new TokenBucket(config);

/** Tokens: sums of an interval such as 1000/3 ms miss the whole by less than this. */
const slack = 1e-6;

/**
 * A token bucket that is kept as one point in time, the moment at which it is full again: the generic cell rate
 * algorithm in its virtual scheduling form (ITU-T I.371, annex A). A span of n intervals lets at most burst + n pass.
 */
export class TokenBucket implements Law {
  declare readonly __made: true;
  readonly id: string;
  readonly most: number;
  readonly span: number;
  readonly width = 1;
  /** Milliseconds in which one token is refilled. */
  readonly #interval: number;
  readonly #config: TokenBucketConfig;

  constructor(config: TokenBucketConfig) {
    const { limit, window, burst } = config;
    this.#config = config;
    this.id = `bucket ${limit} ${window} ${burst}`;
    this.most = burst;
    this.#interval = window / limit;
    this.span = burst * this.#interval;
  }

  now(): number {
    return clock.monotonic();
  }

  take(cells: Cells, at: number, now: number, cost: number, need: number): boolean {
    if (this.left(cells, at, now) < need) return false;
    this.add(cells, at, now, cost);
    return true;
  }

  add({ doubles }: Cells, at: number, now: number, cost: number): void {
    doubles[at] = Math.max(doubles[at]!, now) + cost * this.#interval;
  }

  /** What was refilled since is taken to be of this cost first. */
  giveBack({ doubles }: Cells, at: number, now: number, part: number, cost: number, then: number): void {
    const still = cost - (now - then) / this.#interval;
    if (still > 0) doubles[at] = doubles[at]! - Math.min(part, still) * this.#interval;
  }

  left({ doubles }: Cells, at: number, now: number): number {
    const fullAt = doubles[at]!;
    if (fullAt <= now) return this.most;
    return Math.max(0, Math.floor(this.most + slack - (fullAt - now) / this.#interval));
  }

  waitFor({ doubles }: Cells, at: number, now: number, amount: number): number {
    if (amount > this.most) return Number.POSITIVE_INFINITY;
    return Math.max(0, doubles[at]! - now - (this.most - amount) * this.#interval);
  }

  isFresh({ doubles }: Cells, at: number, now: number): boolean {
    return doubles[at]! <= now;
  }

  share(size: number, index: number): TokenBucket {
    const { limit, window, burst } = this.#config;
    const part = shareOf(limit, size, index);
    // A share of nothing: no token, ever.
    if (part === 0) return new TokenBucket({ limit, window, burst: 0 });
    return new TokenBucket({ limit: part, window, burst: shareOf(burst, size, index) });
  }
}
