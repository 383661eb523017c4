import type { UpstreamRecord } from "../../exchange/exchange.ts";
import type { HttpExchange } from "../../http/http-exchange.ts";
import type { ResponseHead } from "../../http1/response-head.ts";
import { clock } from "../../life/clock.ts";
import type { FailureCode } from "../answer-sink.ts";
import type { Endpoint } from "../endpoint.ts";
import { Forwarding } from "../forwarding.ts";
import type { OriginRequest } from "../origin-request.ts";
import { outcomeOf } from "../outcome.ts";
import { Service, type ServiceConfig } from "../service.ts";
import { EndpointLoad } from "./endpoint-load.ts";

/** A service whose load balancer goes by what becomes of requests. */
export const createBalancedService = (config: ServiceConfig): Service => new BalancedService(config);

/** Only endpoints of a balanced service are asked for it. */
export const loadOf = (endpoint: Endpoint): EndpointLoad => endpoint.load!;

class BalancedService extends Service {
  constructor(config: ServiceConfig) {
    super(config);
    for (const endpoint of this.endpoints) endpoint.load = new EndpointLoad();
  }

  override forwarding(x: HttpExchange, record: UpstreamRecord, request: OriginRequest): Forwarding {
    return new WatchedForwarding(x, this, record, request);
  }
}

/** Tells the endpoint what becomes of each attempt. */
class WatchedForwarding extends Forwarding {
  /** Of the attempt that is under way. */
  #load: EndpointLoad | undefined = undefined;
  #beganAt = 0;
  #msToHead = -1;
  #status = 0;

  protected override began(endpoint: Endpoint): void {
    this.#load = loadOf(endpoint);
    this.#load.began();
    this.#beganAt = clock.monotonic();
    this.#msToHead = -1;
    this.#status = 0;
  }

  protected override answered({ status }: ResponseHead, { headAt }: UpstreamRecord): void {
    this.#msToHead = headAt - this.#beganAt;
    this.#status = status;
  }

  protected override ended(failure: FailureCode | undefined, wasConnected: boolean): void {
    const load = this.#load;
    if (load === undefined) return;
    // Each attempt ends once.
    this.#load = undefined;
    const now = clock.monotonic();
    load.ended(outcomeOf(failure, wasConnected, this.#status), this.#msToHead < 0 ? now - this.#beganAt : this.#msToHead, now);
  }
}
