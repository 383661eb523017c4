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
    const { rule, key, cost, taken, actual } = counted;
    // Who leaves before the end of an answer does not pay less for it. What the gateway refused cost what was reserved, and
    // a further limit has given that back already.
    const brokeOff = (x.outcome === "clientGone" || x.outcome === "upstreamBroken") && x.answer!.source === "service";
    if (x.outcome === "complete" || (brokeOff && actual > cost)) rule.counters.settle(key, cost, taken.at, actual);
  }
}
