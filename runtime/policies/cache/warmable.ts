import type { FetchPlan, Verdict } from "../../caching/answer-cache.ts";
import type { StoredAnswer } from "../../caching/stored-answer.ts";
import type { Changes } from "../../caching/warming/changes.ts";
import type { Answer, Exchange } from "../../exchange/exchange.ts";
import type { CacheConfig } from "./config.ts";
import { Cache } from "./index.ts";
import { baseOf } from "./key.ts";

export interface WarmableCacheConfig extends CacheConfig {
  /** Hears of what changes. */
  readonly changes: Changes;
}

export const createWarmableCache = (config: WarmableCacheConfig): WarmableCache => new WarmableCache(config);

/** A cache that is also asked by what warms it. */
export class WarmableCache extends Cache {
  /** Looks for what is kept, and counts nothing: it is no client who asks. */
  readonly finder: Cache;
  readonly #config: CacheConfig;
  /** Plans whose answers were kept. */
  readonly #kept = new WeakSet<FetchPlan>();

  constructor(config: WarmableCacheConfig) {
    super(config);
    this.#config = config;
    this.finder = new Cache({ ...config, counts: null });
    // The one that the cache has: there is one for all who open it in the same way.
    config.changes.follow(config.answers.open(config.store));
  }

  /** The key of the request is this one: nothing in it is what only a client knows. */
  hasKey(x: Exchange, key: string): boolean {
    return this.keyFor(x) === key;
  }

  /** The URI by which what is kept of it is dropped. */
  baseFor(x: Exchange): string {
    return baseOf(x, this.#config);
  }

  /** What was fetched by the plan is kept. */
  hasKept(plan: FetchPlan): boolean {
    return this.#kept.has(plan) && !plan.isOutrun;
  }

  override judge(x: Exchange, plan: FetchPlan, answer: Answer, length: number): Verdict {
    const verdict = super.judge(x, plan, answer, length);
    // It was kept before, and is fresh again.
    if (answer.status === 304 && verdict.kind === "serve" && verdict.isForAll) this.#kept.add(plan);
    return verdict;
  }

  override keep(plan: FetchPlan, draft: StoredAnswer, body: Buffer): StoredAnswer {
    const answer = super.keep(plan, draft, body);
    this.#kept.add(plan);
    return answer;
  }
}
