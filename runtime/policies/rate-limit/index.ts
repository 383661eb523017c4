import { refuse } from "../../answers/problem.ts";
import type { AnswerValue } from "../../body/answer-value.ts";
import type { Exchange, Expression, Slot } from "../../exchange/exchange.ts";
import { holds } from "../../expressions/holds.ts";
import type { Int } from "../../expressions/int.ts";
import { valueOf } from "../../expressions/value-of.ts";
import type { Law } from "../../limits/law.ts";
import type { LimitScript } from "../../stores/redis/scripts/script.ts";
import {
  type CounterStore,
  type Counters,
  type Failed,
  type Given,
  isFailed,
  type LocalShare,
  type Taken,
} from "../../stores/store.ts";
import { type CallerConfig, callerOf } from "./caller.ts";
import { type FieldsConfig, seconds, tell } from "./fields.ts";

export type { CallerPart } from "./caller.ts";
export type { FieldsConfig } from "./fields.ts";

export interface RateLimitConfig {
  readonly store: CounterStore;
  /** For everybody who is in no tier. */
  readonly rule: RuleConfig;
  readonly tiers: { readonly tier: Expression<string>; readonly rules: Readonly<Record<string, RuleConfig>> } | null;
  readonly caller: CallerConfig;
  /** What a request costs. One without a cost by its expression costs 1. */
  readonly cost: number | Expression<Int>;
  /** Requests that are not counted. */
  readonly bypass: Expression<boolean> | null;
  /** Most callers to remember. */
  readonly maxKeys: number;
  /** Where the store fails; null where it cannot, and is counted by `local` alone. */
  readonly onStoreFailure: "refuse" | "allow" | null;
  readonly local?: LocalShare;
  readonly slot: Slot;
}

export interface RuleConfig {
  readonly id: string;
  readonly law: Law;
  /** For a store that counts by itself. */
  readonly script?: LimitScript;
  /** What clients are told; null: nothing. */
  readonly fields: FieldsConfig | null;
}

export const createRateLimit = (config: RateLimitConfig): RateLimit => new RateLimit(config);

/** The counters of one rule. */
export interface Rule {
  readonly counters: Counters;
  readonly fields: FieldsConfig | null;
}

/** What was counted for an exchange, for the way back. */
export interface Counted {
  readonly rule: Rule;
  readonly key: string;
  readonly cost: number;
  readonly taken: Taken;
  /** By its answer, where that says it. */
  actual?: number | undefined;
  /** What its answer says, where that is in the body. */
  value?: AnswerValue;
}

/** What was asked for an exchange. */
export interface Asked {
  readonly rule: Rule;
  readonly key: string;
  readonly cost: number;
  readonly given: Given<Taken>;
  /** Where it was asked ahead of its step, which then was not reached: see `ahead`. */
  giveBack?(): void;
}

export class RateLimit {
  readonly #config: RateLimitConfig;
  readonly #rule: Rule;
  readonly #tiers: ReadonlyMap<string, Rule>;

  constructor(config: RateLimitConfig) {
    this.#config = config;
    this.#rule = ruleOf(config.rule, config);
    this.#tiers = new Map(Object.entries(config.tiers?.rules ?? {}).map(([name, rule]) => [name, ruleOf(rule, config)]));
  }

  get slot(): Slot {
    return this.#config.slot;
  }

  request(x: Exchange): boolean | Promise<boolean> {
    const kept = this.#kept(x);
    const asked = kept !== undefined && "given" in kept ? kept : this.ask(x);
    if (asked === undefined) return false;
    const { given } = asked;
    return given instanceof Promise ? this.#later(x, asked, given) : this.#judge(x, asked, given);
  }

  response(x: Exchange): void {
    const counted = this.counted(x);
    if (counted === undefined) return;
    const { rule, taken, key, cost } = counted;
    let { left } = taken;
    // What a further limit has refused costs nothing here either.
    if (taken.passed && cost > 0 && x.answer!.source === source && x.answer!.problem?.slug === slug) {
      rule.counters.settle(key, cost, taken.at, 0);
      left += cost;
    }
    if (rule.fields !== null) tell(x.answer!.headers, rule.fields, left, taken.moreIn);
  }

  /** Undefined where an earlier step refused: nothing was counted then. */
  protected counted(x: Exchange): Counted | undefined {
    const kept = this.#kept(x);
    if (kept === undefined || "taken" in kept) return kept;
    kept.giveBack?.();
    return undefined;
  }

  /** What was asked ahead until it is judged, then what was counted. */
  #kept(x: Exchange): Asked | Counted | undefined {
    // Nobody else writes the slot.
    return x.slots[this.slot] as Asked | Counted | undefined;
  }

  /** Undefined where the request is not counted. */
  ask(x: Exchange): Asked | undefined {
    const { bypass, caller } = this.#config;
    if (bypass !== null && holds(bypass, x)) return undefined;
    const rule = this.#ruleFor(x);
    const cost = this.#costOf(x);
    const key = callerOf(x, caller);
    return { rule, key, cost, given: rule.counters.take(key, cost) };
  }

  async #later(x: Exchange, asked: Asked, given: Promise<Taken | Failed>): Promise<boolean> {
    return this.#judge(x, asked, await given);
  }

  #judge(x: Exchange, { rule, key, cost }: Asked, taken: Taken | Failed): boolean {
    if (isFailed(taken)) return this.#config.onStoreFailure === "allow" ? false : refuse(x, unknown);
    x.slots[this.slot] = { rule, key, cost, taken } satisfies Counted;
    if (taken.passed) return false;
    const { retryIn } = taken;
    const isNever = retryIn === Number.POSITIVE_INFINITY;
    return refuse(x, {
      status: 429,
      slug,
      title: "Too many requests",
      ...(isNever ? { detail: "The request costs more than the limit allows at any time." } : {}),
      headers: isNever ? [] : ["Retry-After", seconds(retryIn)],
      source,
    });
  }

  #ruleFor(x: Exchange): Rule {
    const { tiers } = this.#config;
    if (tiers === null) return this.#rule;
    return this.#tiers.get(valueOf(tiers.tier, x) ?? "") ?? this.#rule;
  }

  #costOf(x: Exchange): number {
    const { cost } = this.#config;
    return typeof cost === "number" ? cost : (boundedCost(cost, x) ?? 1);
  }
}

const source = "rateLimit";
const slug = "too-many-requests";

/** Undefined where the expression has no value. */
export function boundedCost(cost: Expression<Int>, x: Exchange): number | undefined {
  const value = valueOf(cost, x);
  return value === undefined ? undefined : bounded(Number(value));
}

/** Less than nothing would fill the account. */
export const bounded = (cost: number): number => Math.min(mostCost, Math.max(0, cost));

/** More than any limit allows. */
const mostCost = 4_294_967_295;

function ruleOf(rule: RuleConfig, { store, maxKeys, local }: RateLimitConfig): Rule {
  const { id, law, script, fields } = rule;
  const counters = store.counters({
    id,
    law,
    maxKeys,
    ...(script === undefined ? {} : { script }),
    ...(local === undefined ? {} : { local }),
  });
  return { counters, fields };
}

/** Nobody knows whether the limit is reached. */
const unknown = {
  status: 503,
  slug: "limit-unknown",
  title: "The gateway cannot tell at the moment whether a limit is reached",
  headers: ["Retry-After", "1"],
  source,
};
