import type { AnswerCache, AnswerPacker, Finding } from "../../caching/answer-cache.ts";
import type { Exchange, Wait } from "../../exchange/exchange.ts";
import { beginWait, timed } from "../../exchange/timed.ts";
import type { HttpExchange } from "../../http/http-exchange.ts";
import type { ForwardConfig } from "../forward.ts";
import type { Service } from "../service.ts";
import type { OpenWayBack } from "./delivery.ts";
import { CachedForward, forwardCached } from "./forward-cached.ts";

const step = "cache";

/** As `forwardCached`, where somebody wants to know how long a request waits for the cache. */
export function forwardCachedTimed(
  exchange: Exchange,
  service: Service,
  config: ForwardConfig,
  cache: AnswerCache | undefined,
  open?: OpenWayBack,
  isSilent?: true,
  packer?: AnswerPacker,
): void | Promise<void> {
  if (cache === undefined || exchange.isDone) return forwardCached(exchange, service, config, cache, open, isSilent, packer);
  // Only what came over HTTP is cached, as in `forwardCached`.
  return new TimedForward(service, config, cache, open, packer, isSilent).find(exchange as HttpExchange, false);
}

class TimedForward extends CachedForward {
  override looked(x: HttpExchange, finding: Promise<Finding>): Promise<Finding> {
    return timed(x, step, finding) as Promise<Finding>;
  }

  override waits(x: HttpExchange): Wait {
    return beginWait(x, step);
  }
}
