import type { Exchange, Expression } from "../../exchange/exchange.ts";
import type { Int } from "../../expressions/int.ts";
import { boundedCost, RateLimit, type RateLimitConfig } from "./index.ts";

export interface SettledLimitConfig extends RateLimitConfig {
  /** What is reserved while the answer is not known. */
  readonly cost: number;
  /** What the request cost, asked of its answer. Without a value it cost what was reserved. */
  readonly after: Expression<Int>;
}

export const createSettledLimit = (config: SettledLimitConfig): SettledLimit => new SettledLimit(config);

/** A limit whose requests cost what their answers say. */
class SettledLimit extends RateLimit {
  readonly #config: SettledLimitConfig;

  constructor(config: SettledLimitConfig) {
    super(config);
    this.#config = config;
  }

  override response(x: Exchange): void {
    super.response(x);
    const counted = this.counted(x);
    // Asked before further steps change the head; counted only once the answer is whole.
    if (counted !== undefined) counted.actual = boundedCost(this.#config.after, x);
  }

  done(x: Exchange): void {
    const counted = this.counted(x);
    if (counted?.actual === undefined || !counted.taken.passed) return;
    // What broke off, and what the gateway refused, cost what was reserved; a further limit has given that back already.
    if (x.outcome === "complete") counted.rule.counters.settle(counted.key, counted.cost, counted.taken.at, counted.actual);
  }
}
