import type { ForwardTarget, StartValue, UpstreamRecord } from "../exchange/exchange.ts";
import type { HttpExchange } from "../http/http-exchange.ts";
import type { CarrierPoolFactory } from "./carrier.ts";
import { Deadlines } from "./deadlines.ts";
import { type CarriersOf, createCarriersOf, type Endpoint, endpointOf } from "./endpoint.ts";
import { type ForwardConfig, forwardTo } from "./forward.ts";
import { Forwarding } from "./forwarding.ts";
import type { ServiceNames } from "./names.ts";
import { createOriginPools } from "./origin-pool.ts";
import type { OriginRequest, ProtocolSwitch } from "./origin-request.ts";
import type { RemainingTime } from "./remaining-time.ts";
import type { ServiceTls } from "./tls.ts";
import { TrailerFilter } from "./trailers.ts";

export interface ServiceConfig {
  readonly name: string;
  readonly endpoints: readonly { readonly url: StartValue | string; readonly weight: number }[];
  /** Milliseconds: until a connection stands, and until the head of an answer. */
  readonly timeout: { readonly connect: number; readonly response: number };
  /**
   * Bounds for each endpoint, in each worker: connections, requests that wait for one, milliseconds that an unused one is
   * kept, and requests on one connection at the same time, which only HTTP/2 has.
   */
  readonly connections: { readonly max: number; readonly pending: number; readonly idle: number; readonly streams: number };
  readonly required: boolean;
  /** Where an endpoint is `https`. */
  readonly tls?: ServiceTls;
  /** Where the host of an endpoint is a name. */
  readonly names?: ServiceNames;
  /** Where the service speaks another version than HTTP/1.1. */
  readonly protocol?: CarrierPoolFactory;
  /** Where the service is told how much time there is. */
  readonly deadline?: RemainingTime;
}

export const createService = (config: ServiceConfig): Service => new Service(config);

/** What the gateway forwards to. With one endpoint this is all of it; `ManagedService` has more. */
export class Service implements ForwardTarget {
  declare readonly __resource: "services";
  readonly name: string;
  /** `/readyz` says no while no endpoint can be reached. */
  readonly required: boolean;
  /** Milliseconds. */
  readonly responseTimeout: number;
  /** Milliseconds. */
  readonly connectTimeout: number;
  /** Where it is, is found while the gateway runs, and only in processes that serve. */
  readonly isDiscovered: boolean;
  /** Others where discovery finds others. */
  endpoints: readonly Endpoint[];
  readonly carriersOf: CarriersOf;
  readonly deadlines = new Deadlines();
  readonly trailers = new TrailerFilter();
  readonly remaining: RemainingTime | undefined;
  /** Of tunnels, which are many, long and not in a hurry; made for the first of them. */
  tunnelDeadlines: Deadlines | undefined = undefined;

  constructor(config: ServiceConfig) {
    this.name = config.name;
    this.required = config.required;
    this.responseTimeout = config.timeout.response;
    this.connectTimeout = config.timeout.connect;
    this.remaining = config.deadline;
    const { max, pending, idle, streams } = config.connections;
    const limits = { connections: max, pending, streams, connectMs: config.timeout.connect, idleMs: idle };
    const pool = config.protocol ?? createOriginPools();
    this.carriersOf = createCarriersOf(config, limits, pool);
    this.endpoints = config.endpoints.map(({ url, weight }) => endpointOf(url, weight, this.carriersOf));
    this.isDiscovered = config.endpoints.length === 0;
    // What is wrong with how they are reached is said at the start, and not to the first client.
    for (const { connector } of this.endpoints) void connector;
  }

  /** Sends the request to an endpoint, or answers it. */
  enter(x: HttpExchange, config: ForwardConfig, protocolSwitch: ProtocolSwitch | undefined): void {
    forwardTo(x, this, this.endpoints[0]!, config, protocolSwitch);
  }

  /** `first`: the endpoint for which the request was written. */
  forwarding(x: HttpExchange, record: UpstreamRecord, request: OriginRequest, _first: Endpoint): Forwarding {
    return new Forwarding(x, this, record, request);
  }

  /** The connection to the service is closed on which `x` went on with another protocol. */
  tunnelEnded?(x: HttpExchange): void;

  close(): void {
    for (const endpoint of this.endpoints) endpoint.close();
  }
}
