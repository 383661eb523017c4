import type { FetchPlan } from "../../caching/answer-cache.ts";
import type { WarmOutcome } from "../../caching/warming/outcome.ts";
import type { Exchange } from "../../exchange/exchange.ts";
import type { HttpExchange } from "../../http/http-exchange.ts";
import type { WarmableCache } from "../../policies/cache/warmable.ts";
import type { ForwardConfig } from "../forward.ts";
import type { Service } from "../service.ts";
import type { OpenWayBack } from "./delivery.ts";
import { Flight } from "./flight.ts";
import { CachedForward } from "./forward-cached.ts";
import type { WarmExchange } from "./warm-exchange.ts";

/**
 * Ends a chain as `forwardCached` does, for a request that nobody waits for: what it asks for is fetched unless it is kept and
 * fresh. `open` and `isSilent`: as there.
 */
export const warmCached = (
  x: Exchange,
  service: Service,
  config: ForwardConfig,
  cache: WarmableCache,
  open?: OpenWayBack,
  isSilent?: true,
): Promise<WarmOutcome> =>
  // Only `WarmRequests` makes the exchanges of this chain.
  new WarmForward(service, config, cache, open, undefined, isSilent).warm(x as WarmExchange, cache);

class WarmForward extends CachedForward {
  async warm(x: WarmExchange, cache: WarmableCache): Promise<WarmOutcome> {
    if (x.wantedKey !== undefined && !cache.hasKey(x, x.wantedKey)) return "apart";
    x.base = cache.baseFor(x);
    const found = await cache.finder.find(x);
    if (found.kind === "hit") return "fresh";
    if (found.kind !== "fetch" && found.kind !== "stale") return "unkept";
    if (!x.mayAsk) return "later";
    const plan = found.fetch;
    if (cache.flights.has(plan.flight)) return "joined";
    const { answer } = await this.#fetched(x, plan);
    if (cache.hasKept(plan)) return "stored";
    // Another process has fetched it in the meantime.
    if (answer === undefined) return "joined";
    return answer.source === "service" && answer.status < 500 ? "unkept" : "failed";
  }

  /** The exchange that asked the service, once it is over: as for an answer that is renewed behind the back of a client. */
  #fetched(x: HttpExchange, plan: FetchPlan): Promise<HttpExchange> {
    const { cache } = this;
    return new Promise((resolve) => {
      const flight = new Flight(x, plan, this, true);
      const asking = flight.x;
      asking.operation = { ...asking.operation, done: () => resolve(asking) };
      if (plan.isShared) cache.flights.set(plan.flight, flight);
      if (cache.depart === undefined) this.ask(asking);
      else cache.depart(plan, flight, plan.isShared);
    });
  }
}
