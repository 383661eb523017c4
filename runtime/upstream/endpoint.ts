import type { EndpointLoad } from "./balance/endpoint-load.ts";
import type { CarrierPool, CarrierPoolFactory, PoolLimits } from "./carrier.ts";
import { type Connector, connectorOf } from "./connector.ts";
import type { ServiceConfig } from "./service.ts";

/** One address of a service with its keep-alive connections. */
export class Endpoint {
  /** As configured, for logs. */
  readonly url: string;
  readonly weight: number;
  /** Path part of the URL without a slash at the end; empty for `/`. */
  readonly basePath: string;
  /** Host and port as they stand in `Host`. */
  readonly authority: string;
  readonly pool: CarrierPool;
  readonly connector: Connector;
  /** Why it gets no requests, as `EndpointSet` keeps it; 0: it gets some. */
  marks = 0;
  /** Of services whose load balancer goes by it. */
  load: EndpointLoad | undefined = undefined;

  /** The compiler has checked the URL, or `process/endpoint-setting.ts` has where it is a setting. */
  constructor(config: ServiceConfig, url: string, weight: number, limits: PoolLimits, pool: CarrierPoolFactory) {
    const parsed = new URL(url);
    this.url = url;
    this.weight = weight;
    this.basePath = parsed.pathname.endsWith("/") ? parsed.pathname.slice(0, -1) : parsed.pathname;
    this.authority = parsed.host;
    const hostname = parsed.hostname.startsWith("[") ? parsed.hostname.slice(1, -1) : parsed.hostname;
    const isSecure = parsed.protocol === "https:";
    const port = parsed.port === "" ? (isSecure ? 443 : 80) : Number(parsed.port);
    const { connectMs } = limits;
    if (isSecure && config.tls === undefined) throw new Error(`service ${config.name} has no TLS for ${parsed.host}`);
    const parts = { names: config.names, tls: isSecure ? config.tls : undefined };
    this.connector = connectorOf({ hostname, port, url, connectMs }, parts, (isKept) => this.pool.retire(isKept));
    this.pool = pool(this.connector, limits);
  }

  close(): void {
    this.pool.close();
  }
}
