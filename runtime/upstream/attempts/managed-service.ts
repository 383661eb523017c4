import { type Problem, refuse } from "../../answers/problem.ts";
import type { UpstreamRecord } from "../../exchange/exchange.ts";
import type { HttpExchange } from "../../http/http-exchange.ts";
import type { Sticky } from "../balance/sticky.ts";
import type { KeptBody } from "../carrier.ts";
import type { Endpoint } from "../endpoint.ts";
import { type ForwardConfig, forwardTo } from "../forward.ts";
import type { Forwarding } from "../forwarding.ts";
import type { LoadBalancer } from "../load-balancer.ts";
import type { OriginRequest, ProtocolSwitch } from "../origin-request.ts";
import { Service, type ServiceConfig } from "../service.ts";
import type { Attempt } from "./attempt.ts";
import type { Breakers } from "./breakers.ts";
import type { Ejection } from "./ejection.ts";
import { EndpointSet } from "./endpoint-set.ts";
import type { Fallback } from "./fallback.ts";
import type { GrpcCalls } from "./grpc-calls.ts";
import { ManagedForwarding } from "./managed-forwarding.ts";
import type { PanicConfig } from "./panic.ts";
import type { Subsets } from "./subsets.ts";
import type { Uploads } from "./uploads.ts";
import type { AttemptWatcher } from "./watcher.ts";

export interface ManagedServiceConfig extends ServiceConfig {
  readonly loadBalancer: LoadBalancer;
  readonly panic?: PanicConfig;
  /** Who hears of each attempt, in this order. */
  readonly watchers: readonly AttemptWatcher[];
  /** These hear of each attempt as well. */
  readonly ejection?: Ejection;
  readonly breakers?: Breakers;
  readonly sticky?: Sticky;
  readonly subsets?: Subsets;
  /** Where the service speaks gRPC. */
  readonly grpc?: GrpcCalls;
  /** Where watchers go by how long answers take, or by what is under way. */
  readonly uploads?: Uploads;
  /** Instead of a 503, where no attempt may begin. */
  readonly fallback?: Fallback;
}

/** A service with several endpoints, or with rules for attempts that fail. */
export const createManagedService = (config: ManagedServiceConfig): ManagedService => new ManagedService(config);

export class ManagedService extends Service {
  readonly set: EndpointSet;
  readonly watchers: readonly AttemptWatcher[];
  /** Told whenever there are other endpoints. */
  readonly followers = new Set<() => void>();
  readonly ejection: Ejection | undefined;
  readonly breakers: Breakers | undefined;
  readonly sticky: Sticky | undefined;
  readonly subsets: Subsets | undefined;
  readonly grpc: GrpcCalls | undefined;
  readonly uploads: Uploads | undefined;
  /** How its endpoints are reached. */
  readonly way: Pick<ServiceConfig, "name" | "names" | "tls" | "protocol">;
  readonly #fallback: Fallback | undefined;

  constructor(config: ManagedServiceConfig) {
    super(config);
    const { ejection, breakers, watchers, fallback, sticky, subsets, grpc, uploads, loadBalancer, panic } = config;
    this.sticky = sticky;
    this.subsets = subsets;
    this.grpc = grpc;
    this.uploads = uploads;
    this.ejection = ejection;
    this.breakers = breakers;
    this.watchers = [...watchers, ...(ejection === undefined ? [] : [ejection]), ...(breakers === undefined ? [] : [breakers])];
    this.way = config;
    this.#fallback = fallback;
    const balancer = sticky?.around(loadBalancer) ?? loadBalancer;
    this.set = new EndpointSet(this.endpoints, subsets?.around(balancer) ?? balancer, panic);
    for (const watcher of this.watchers) watcher.watch?.(this.set);
  }

  /** Forwards to these from now on; returns those that are gone, which only finish what they have. */
  replace(endpoints: readonly Endpoint[]): readonly Endpoint[] {
    this.endpoints = endpoints;
    const gone = this.set.replace(endpoints);
    for (const watcher of this.watchers) watcher.watch?.(this.set);
    for (const changed of this.followers) changed();
    return gone;
  }

  /** Milliseconds until an attempt for this request may begin; 0: now. */
  waitMs(x: HttpExchange): number {
    const breaker = this.breakers?.of(x);
    // Half open, others are finding out whether it works again: that takes a moment.
    return breaker === undefined || breaker.permits ? 0 : Math.max(1, breaker.waitMs);
  }

  override enter(x: HttpExchange, config: ForwardConfig, protocolSwitch: ProtocolSwitch | undefined): void {
    const waitMs = this.waitMs(x);
    const endpoint = waitMs > 0 ? undefined : this.set.picker?.pick(x);
    if (endpoint !== undefined) {
      forwardTo(x, this, endpoint, config, protocolSwitch);
      return;
    }
    this.turnAway(x, waitMs, config, protocolSwitch, undefined);
  }

  /** No attempt may begin for so many milliseconds. */
  turnAway(
    x: HttpExchange,
    waitMs: number,
    config: ForwardConfig,
    protocolSwitch: ProtocolSwitch | undefined,
    kept: KeptBody | undefined,
  ): void {
    if (waitMs === 0) x.withoutEndpoint ??= this.name;
    if (this.#fallback?.take(x, config, protocolSwitch, kept) === true) return;
    refuse(x, waitMs > 0 ? breakerOpen(waitMs) : this.#whyNone(x));
    x.sendAnswer();
  }

  #whyNone(x: HttpExchange): Problem {
    return (this.set.picker === undefined ? undefined : this.subsets?.refusal(x)) ?? noEndpoint;
  }

  override tunnelEnded({ upstream }: HttpExchange): void {
    // Every record of an attempt at a managed service is one.
    const attempt = upstream?.attempts.find(({ status }) => status === 101) as Attempt | undefined;
    if (attempt !== undefined) for (const watcher of this.watchers) watcher.tunnelEnded?.(attempt);
  }

  override forwarding(x: HttpExchange, record: UpstreamRecord, request: OriginRequest, first: Endpoint): Forwarding {
    return new ManagedForwarding(x, this, record, request, first);
  }
}

const noEndpoint: Problem = {
  status: 503,
  slug: "no-endpoint",
  title: "No endpoint of the service can be used at the moment",
  headers: ["Retry-After", "1"],
  source: "gateway",
};

/** Nobody who heeds the field comes back too early. */
const breakerOpen = (waitMs: number): Problem => ({
  status: 503,
  slug: "breaker-open",
  title: "The service is not asked at the moment, as it has failed",
  headers: ["Retry-After", String(Math.max(1, Math.ceil(waitMs / 1000)))],
  source: "gateway",
});
