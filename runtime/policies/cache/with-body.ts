// By default import, so that an old Node can say that it is too old: see `process/node-version.ts`.
import crypto from "node:crypto";
import type { FetchPlan, Verdict } from "../../caching/answer-cache.ts";
import type { Answer, Exchange, UpstreamRequest } from "../../exchange/exchange.ts";
import type { CacheConfig } from "./config.ts";
import { Cache } from "./index.ts";
import { keyOf } from "./key.ts";

export interface BodyCacheConfig extends CacheConfig {
  /** Longest body of a request, which is held for its key. */
  readonly maxRequest: number;
}

export const createBodyCache = (config: BodyCacheConfig): BodyCache => new BodyCache(config);

/** What says what the bytes of a body mean (RFC 9110 §8). */
const ofContent = ["content-type", "content-encoding", "content-language"] as const;

/** What a request with POST may ask, and what the cache then cannot answer: a 304 and a part are answers to GET (RFC 9110 §13.1.2, §14.2). */
const conditions = ["if-none-match", "if-modified-since", "if-match", "if-unmodified-since", "range"] as const;

/** Keeps answers to requests with bodies that change nothing: the whole body is a part of the key. */
class BodyCache extends Cache {
  readonly #config: BodyCacheConfig;

  constructor(config: BodyCacheConfig) {
    super(config);
    this.#config = config;
  }

  async request(x: Exchange): Promise<boolean> {
    return x.hasBody && (await x.readBody(this.#config.maxRequest)) === undefined;
  }

  protected override keyFor(x: Exchange): string | undefined {
    if (conditions.some((name) => x.headers.has(name)) || (x.hasBody && x.body === undefined)) return undefined;
    const key = keyOf(x, this.#config);
    if (key === undefined) return undefined;
    const hash = crypto.createHash("sha256").update(JSON.stringify([key, ofContent.map((name) => x.headers.get(name) ?? null)]));
    return hash.update(x.body ?? "").digest("base64");
  }

  /** The author says so. */
  protected override isChange(): boolean {
    return false;
  }

  override upstreamRequest(x: Exchange, upstream: UpstreamRequest): void {
    super.upstreamRequest(x, upstream);
    // Who asks with a condition asks the service.
    if (conditions.some((name) => x.headers.has(name))) return;
    // To others than GET, one that does not hold is a reason to refuse.
    for (const name of ["if-none-match", "if-modified-since"]) upstream.headers.delete(name);
  }

  override judge(x: Exchange, plan: FetchPlan, answer: Answer, length: number): Verdict {
    const verdict = super.judge(x, plan, answer, length);
    if (verdict.kind !== "keep") return verdict;
    // Behind the client's back there is no body to ask with.
    return { ...verdict, draft: { ...verdict.draft, staleWhileRevalidate: 0 } };
  }
}
