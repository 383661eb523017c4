import { refuse } from "../../answers/problem.ts";
import type { Exchange, Slot } from "../../exchange/exchange.ts";
import type { HeaderList } from "../../fields/header-list.ts";
import { clock } from "../../life/clock.ts";
import { type CallerConfig, callerOf } from "./caller.ts";
import type { Counter } from "./counter.ts";
import { Counters } from "./counters.ts";
import { parts, SlidingWindow } from "./sliding-window.ts";
import { TokenBucket } from "./token-bucket.ts";

export interface RateLimitConfig {
  readonly limit: number;
  /** Milliseconds. */
  readonly window: number;
  readonly caller: CallerConfig;
  /** Most callers to remember. */
  readonly maxKeys: number;
  /** The limit as a member of `RateLimit-Policy`, and its quoted name for `RateLimit`; null: neither field is sent. */
  readonly fields: { readonly name: string; readonly policy: string } | null;
  readonly slot: Slot;
}

export interface TokenBucketConfig extends RateLimitConfig {
  readonly burst: number;
}

export function createTokenBucketLimit(config: TokenBucketConfig): RateLimit {
  const shape = { interval: config.window / config.limit, burst: config.burst };
  return new RateLimit(config, () => new TokenBucket(shape));
}

export function createSlidingWindowLimit(config: RateLimitConfig): RateLimit {
  const shape = { limit: config.limit, part: config.window / parts };
  return new RateLimit(config, () => new SlidingWindow(shape));
}

class RateLimit {
  readonly #caller: CallerConfig;
  readonly #fields: RateLimitConfig["fields"];
  readonly #slot: Slot;
  readonly #counters: Counters;

  constructor(config: RateLimitConfig, make: () => Counter) {
    this.#caller = config.caller;
    this.#fields = config.fields;
    this.#slot = config.slot;
    this.#counters = new Counters(make, config.maxKeys);
  }

  request(x: Exchange): boolean {
    const now = clock.monotonic();
    const counter = this.#counters.of(callerOf(x, this.#caller), now);
    if (this.#fields !== null) x.slots[this.#slot] = counter;
    if (counter.take(now)) return false;
    return refuse(x, {
      status: 429,
      slug: "too-many-requests",
      title: "Too many requests",
      headers: ["Retry-After", seconds(counter.nextIn(now))],
      source: "rateLimit",
    });
  }

  response(x: Exchange): void {
    const fields = this.#fields;
    // Only the request hook writes the slot. It is empty where an earlier step refused: nothing was counted then.
    const counter = x.slots[this.#slot] as Counter | undefined;
    if (fields === null || counter === undefined) return;
    const now = clock.monotonic();
    const { headers } = x.answer!;
    prepend(headers, "RateLimit", "ratelimit", `${fields.name};r=${counter.left(now)};t=${seconds(counter.nextIn(now))}`);
    prepend(headers, "RateLimit-Policy", "ratelimit-policy", fields.policy);
  }
}

/** Whole seconds, rounded up: a client that waits that long is not turned away again for a fraction. */
const seconds = (milliseconds: number): string => String(Math.ceil(milliseconds / 1000));

/** Response hooks run in reverse, so that members put in front stand in the order of the chain. */
function prepend(headers: HeaderList, name: string, lowerName: string, member: string): void {
  const others = headers.get(lowerName);
  if (others === undefined) headers.add(name, member);
  else headers.set(name, `${member}, ${headers.all(lowerName).join(", ")}`);
}
