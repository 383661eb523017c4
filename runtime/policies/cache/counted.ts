import type { Finding } from "../../caching/answer-cache.ts";
import type { MostAsked } from "../../caching/warming/most-asked.ts";
import { longestKey } from "../../caching/warming/ranking.ts";
import type { Exchange } from "../../exchange/exchange.ts";
import { WarmableCache, type WarmableCacheConfig } from "./warmable.ts";

export interface CountedCacheConfig extends WarmableCacheConfig {
  readonly mostAsked: MostAsked;
  /** Cookies of clients do not reach the service, and so are no credentials. */
  readonly withholdsCookies: boolean;
}

export const createCountedCache = (config: CountedCacheConfig): CountedCache => new CountedCache(config);

/** A cache that counts what it is asked for most: of what it keeps for everybody, and of nobody who says who asks. */
class CountedCache extends WarmableCache {
  readonly #mostAsked: MostAsked;
  readonly #withholdsCookies: boolean;
  /** Of the request that is looked for. */
  #key: string | undefined = undefined;

  constructor(config: CountedCacheConfig) {
    super(config);
    this.#mostAsked = config.mostAsked;
    this.#withholdsCookies = config.withholdsCookies;
  }

  protected override keyFor(x: Exchange): string | undefined {
    this.#key = super.keyFor(x);
    return this.#key;
  }

  override find(x: Exchange): Finding | Promise<Finding> {
    const given = super.find(x);
    const key = this.#key;
    this.#key = undefined;
    if (key === undefined || !this.#counts(x)) return given;
    if (given instanceof Promise) return this.#later(key, given);
    this.#count(key, given);
    return given;
  }

  async #later(key: string, given: Promise<Finding>): Promise<Finding> {
    const finding = await given;
    this.#count(key, finding);
    return finding;
  }

  /** A hit only: what nobody else was given before is not asked for often, and may be meant for one. */
  #count(key: string, { kind }: Finding): void {
    // One that was hashed has no blank: nothing can be fetched by it.
    if ((kind === "hit" || kind === "stale") && key.length <= longestKey && key.includes(" ")) this.#mostAsked.count(key);
  }

  /** A request that nobody made who is known, for what can be warmed. */
  #counts({ method, identity, operation, headers }: Exchange): boolean {
    return (
      method === "GET" &&
      identity === undefined &&
      operation.warmedBy !== undefined &&
      !headers.has("authorization") &&
      !headers.has("proxy-authorization") &&
      (this.#withholdsCookies || !headers.has("cookie"))
    );
  }
}
