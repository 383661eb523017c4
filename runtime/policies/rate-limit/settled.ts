import type { Exchange, Expression } from "../../exchange/exchange.ts";
import { Uint } from "../../expressions/value.ts";
import { valueOf } from "../../expressions/value-of.ts";
import { bounded, RateLimit, type RateLimitConfig } from "./index.ts";

export interface SettledLimitConfig extends RateLimitConfig {
  /** What is reserved while the answer is not known. */
  readonly cost: number;
  /** What the request cost, asked of its answer. Without a value it cost what was reserved. */
  readonly after: Expression<unknown>;
}

export const createSettledLimit = (config: SettledLimitConfig): SettledLimit => new SettledLimit(config);

/** A limit whose requests cost what their answers say. */
export class SettledLimit extends RateLimit {
  readonly #config: SettledLimitConfig;

  constructor(config: SettledLimitConfig) {
    super(config);
    this.#config = config;
  }

  override response(x: Exchange): void {
    super.response(x);
    const counted = this.counted(x);
    // Asked before further steps change the head; counted only once the answer is whole.
    if (counted !== undefined) counted.actual = this.actualCost(x);
  }

  /** Undefined where the answer does not say it. */
  protected actualCost(x: Exchange): number | undefined {
    const cost = wholeNumber(valueOf(this.#config.after, x));
    return Number.isNaN(cost) ? undefined : bounded(cost);
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

/** A part of one counts as one. NaN where it is no number. */
function wholeNumber(value: unknown): number {
  if (typeof value === "number") return Math.ceil(value);
  if (typeof value === "bigint") return Number(value);
  return value instanceof Uint ? Number(value.value) : Number.NaN;
}
