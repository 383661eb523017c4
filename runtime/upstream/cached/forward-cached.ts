import type { AnswerCache, AnswerPacker, FetchPlan, Finding } from "../../caching/answer-cache.ts";
import type { Exchange, Wait } from "../../exchange/exchange.ts";
import type { HttpExchange } from "../../http/http-exchange.ts";
import { contained, logged } from "../../life/boundary.ts";
import { clock } from "../../life/clock.ts";
import type { Deadlines } from "../deadlines.ts";
import { type ForwardConfig, forward } from "../forward.ts";
import type { Service } from "../service.ts";
import { deliver, type OpenWayBack } from "./delivery.ts";
import { type Carriers, Flight } from "./flight.ts";

/**
 * Ends a chain as `forward` does, where a cache may have the answer; undefined: it is not asked. `open`: where the operation has steps on the way back of
 * answers; `isSilent`: as for `openWayBack`; `packer`: the one step that is asked again for each who gets what is kept, where there is no other.
 */
export function forwardCached(
  exchange: Exchange,
  service: Service,
  config: ForwardConfig,
  cache: AnswerCache | undefined,
  open?: OpenWayBack,
  isSilent?: true,
  packer?: AnswerPacker,
): void | Promise<void> {
  // Every exchange of a running gateway is made by the server of `runtime/http`.
  const x = exchange as HttpExchange;
  if (x.isDone) return;
  if (cache === undefined) {
    open?.(x, isSilent);
    return forward(x, service, config);
  }
  return new CachedForward(service, config, cache, open, packer, isSilent).find(x, false);
}

/** One request, up to where somebody else has it. */
export class CachedForward implements Carriers {
  readonly cache: AnswerCache;
  readonly open: OpenWayBack | undefined;
  readonly packer: AnswerPacker | undefined;
  readonly #service: Service;
  readonly #config: ForwardConfig;
  readonly #isSilent: true | undefined;

  constructor(
    service: Service,
    config: ForwardConfig,
    cache: AnswerCache,
    open: OpenWayBack | undefined,
    packer: AnswerPacker | undefined,
    isSilent: true | undefined,
  ) {
    this.#service = service;
    this.#config = config;
    this.cache = cache;
    this.open = open;
    this.packer = packer;
    this.#isSilent = isSilent;
  }

  find(x: HttpExchange, isAlone: boolean): void | Promise<void> {
    const finding = this.cache.find(x);
    if (!(finding instanceof Promise)) return this.#found(x, finding, isAlone);
    return this.#later(x, finding, isAlone);
  }

  async #later(x: HttpExchange, finding: Promise<Finding>, isAlone: boolean): Promise<void> {
    const found = await this.looked(x, finding);
    if (!x.isDone) this.#found(x, found, isAlone);
  }

  #found(x: HttpExchange, finding: Finding, isAlone: boolean): void {
    switch (finding.kind) {
      case "bypass":
        this.open?.(x, this.#isSilent);
        forward(x, this.#service, this.#config);
        return;
      case "refused":
        x.sendAnswer();
        return;
      case "hit":
        deliver(x, finding.served, this.open, this.packer);
        return;
      case "stale":
        // Before the client is answered, and its exchange over.
        if (!this.cache.flights.has(finding.fetch.flight)) this.#depart(x, finding.fetch, true, true);
        deliver(x, finding.served, this.open, this.packer);
        return;
      case "fetch":
        this.#fetch(x, finding.fetch, isAlone);
    }
  }

  #fetch(x: HttpExchange, plan: FetchPlan, isAlone: boolean): void {
    if (x.time !== undefined && x.time.endOf(x) <= clock.monotonic()) {
      x.time.refuse(x);
      x.sendAnswer();
      return;
    }
    const isShared = plan.isShared && !isAlone;
    // Only what is made here is put there.
    const flying = isShared ? (this.cache.flights.get(plan.flight) as Flight | undefined) : undefined;
    // Who asks after a change does not get what was fetched before it.
    const under = flying?.plan.isOutrun === true || flying?.isPast(x) === true ? undefined : flying;
    if (under?.join(x) === true) return;
    this.#depart(x, plan, isShared && under === undefined, false);
  }

  #depart(x: HttpExchange, plan: FetchPlan, isShared: boolean, isRefresh: boolean): void {
    const flight = new Flight(x, plan, this, isRefresh);
    if (isShared) this.cache.flights.set(plan.flight, flight);
    if (!isRefresh) flight.join(x);
    if (this.cache.depart === undefined) this.ask(flight.x);
    else this.cache.depart(plan, flight, isShared);
  }

  ask(asking: HttpExchange): void {
    this.open?.(asking, this.#isSilent, "before");
    try {
      forward(asking, this.#service, this.#config);
    } catch (error) {
      asking.fail(error);
    }
  }

  /** What is looked up where others keep it as well: see `forwardCachedTimed`. */
  looked(_x: HttpExchange, finding: Promise<Finding>): Promise<Finding> {
    return finding;
  }

  waits(_x: HttpExchange): Wait | undefined {
    return undefined;
  }

  get deadlines(): Deadlines {
    return this.#service.deadlines;
  }

  again(x: HttpExchange, isAlone: boolean): void {
    const failing = contained(logged("a request could not be ended"), (error: unknown) => x.fail(error));
    this.find(x, isAlone)?.then(undefined, failing);
  }

  closed(flight: Flight): void {
    const { flights } = this.cache;
    if (flights.get(flight.plan.flight) === flight) flights.delete(flight.plan.flight);
  }
}
