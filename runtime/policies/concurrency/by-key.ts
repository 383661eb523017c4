import type { Problem } from "../../answers/problem.ts";
import type { Exchange, Expression } from "../../exchange/exchange.ts";
import { valueOf } from "../../expressions/value-of.ts";
import { Limiter, type ShedCounts } from "../../overload/limiter.ts";
import type { LimiterFigures } from "../../overload/limiter-families.ts";
import { Concurrency, type ConcurrencyConfig } from "./index.ts";
import { tooManyAtOnce } from "./problems.ts";

export interface KeyedConcurrencyConfig extends ConcurrencyConfig {
  /** Whose requests are counted together. Those for which it has no value are. */
  readonly by: Expression<string>;
}

export const createKeyedConcurrency = (config: KeyedConcurrencyConfig): KeyedConcurrency => new KeyedConcurrency(config);

/** The same for each caller, or whatever else an expression tells apart. */
class KeyedConcurrency extends Concurrency {
  protected override readonly problem: Problem = tooManyAtOnce;
  readonly #config: KeyedConcurrencyConfig;
  /** Only keys that have a request under way. */
  readonly #byKey = new Map<string, KeyedLimiter>();
  readonly #shed: ShedCounts = {};

  constructor(config: KeyedConcurrencyConfig) {
    super(config);
    this.#config = config;
  }

  protected override limiterOf(x: Exchange): Limiter {
    const { by, perOperation } = this.#config;
    const value = valueOf(by, x) ?? "";
    const key = perOperation ? `${x.operation.index} ${value}` : value;
    const known = this.#byKey.get(key);
    if (known !== undefined) return known;
    const limiter = new KeyedLimiter(key, this.#config, this.#shed);
    this.#byKey.set(key, limiter);
    return limiter;
  }

  protected override left(limiter: Limiter): void {
    limiter.leave();
    // Nobody waits where nobody is under way.
    if (limiter.inFlight === 0 && limiter instanceof KeyedLimiter) this.#byKey.delete(limiter.key);
  }

  protected override figures(): ReadonlyMap<string, LimiterFigures> {
    let inFlight = 0;
    let waiting = 0;
    for (const limiter of this.#byKey.values()) {
      inFlight += limiter.inFlight;
      waiting += limiter.waiting;
    }
    return new Map([[this.name, { limit: this.#config.limit, inFlight, waiting, shed: this.#shed }]]);
  }
}

class KeyedLimiter extends Limiter {
  readonly key: string;

  constructor(key: string, config: KeyedConcurrencyConfig, shed: ShedCounts) {
    super(config, shed);
    this.key = key;
  }
}
