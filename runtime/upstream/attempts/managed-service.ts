import { refuse } from "../../answers/problem.ts";
import type { UpstreamRecord } from "../../exchange/exchange.ts";
import type { HttpExchange } from "../../http/http-exchange.ts";
import type { Endpoint } from "../endpoint.ts";
import { type ForwardConfig, forwardTo } from "../forward.ts";
import type { Forwarding } from "../forwarding.ts";
import type { LoadBalancer } from "../load-balancer.ts";
import type { OriginRequest, ProtocolSwitch } from "../origin-request.ts";
import { Service, type ServiceConfig } from "../service.ts";
import { EndpointSet } from "./endpoint-set.ts";
import { ManagedForwarding } from "./managed-forwarding.ts";
import type { AttemptWatcher } from "./watcher.ts";

export interface ManagedServiceConfig extends ServiceConfig {
  readonly loadBalancer: LoadBalancer;
  /** Who hears of each attempt, in this order. */
  readonly watchers: readonly AttemptWatcher[];
}

/** A service with several endpoints, or with rules for attempts that fail. */
export const createManagedService = (config: ManagedServiceConfig): ManagedService => new ManagedService(config);

export class ManagedService extends Service {
  readonly set: EndpointSet;
  readonly watchers: readonly AttemptWatcher[];

  constructor(config: ManagedServiceConfig) {
    super(config);
    this.watchers = config.watchers;
    for (const watcher of config.watchers) watcher.watch?.(this.endpoints);
    this.set = new EndpointSet(this.endpoints, config.loadBalancer);
  }

  override enter(x: HttpExchange, config: ForwardConfig, protocolSwitch: ProtocolSwitch | undefined): void {
    const endpoint = this.set.picker?.pick(x);
    if (endpoint !== undefined) forwardTo(x, this, endpoint, config, protocolSwitch);
    else {
      refuse(x, {
        status: 503,
        slug: "no-endpoint",
        title: "No endpoint of the service can be used at the moment",
        headers: ["Retry-After", "1"],
        source: "gateway",
      });
      x.sendAnswer();
    }
  }

  override forwarding(x: HttpExchange, record: UpstreamRecord, request: OriginRequest, first: Endpoint): Forwarding {
    return new ManagedForwarding(x, this, record, request, first);
  }
}
