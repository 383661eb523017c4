import type { EndpointLoad } from "./balance/endpoint-load.ts";
import type { CarrierPool, CarrierPoolFactory, PoolLimits } from "./carrier.ts";
import { type Connector, type ConnectorParts, connectorOf, type Target } from "./connector.ts";
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
  /** Monotonic milliseconds since when it gets some again; undefined: since the begin. */
  declare backSince?: number;
  /** Of services whose load balancer goes by it. */
  load: EndpointLoad | undefined = undefined;

  /** The compiler has checked the URL, or `process/endpoint-setting.ts` has where it is a setting. */
  constructor(config: ServiceConfig, url: string, weight: number, limits: PoolLimits, pool: CarrierPoolFactory) {
    const { target, parts, parsed } = wayTo(url, config, limits.connectMs);
    this.url = url;
    this.weight = weight;
    this.basePath = parsed.pathname.endsWith("/") ? parsed.pathname.slice(0, -1) : parsed.pathname;
    this.authority = parsed.host;
    this.connector = connectorOf(target, parts, (isKept) => this.pool.retire(isKept));
    this.pool = pool(this.connector, limits);
  }

  close(): void {
    this.pool.close();
  }
}

/** What connections to an endpoint are made of. */
export function wayTo(
  url: string,
  { name, names, tls }: Pick<ServiceConfig, "name" | "names" | "tls">,
  connectMs: number,
): { readonly target: Target; readonly parts: ConnectorParts; readonly parsed: URL } {
  const parsed = new URL(url);
  const { hostname, protocol, port, host } = parsed;
  const isSecure = protocol === "https:";
  if (isSecure && tls === undefined) throw new Error(`service ${name} has no TLS for ${host}`);
  return {
    target: {
      hostname: hostname.startsWith("[") ? hostname.slice(1, -1) : hostname,
      port: port === "" ? (isSecure ? 443 : 80) : Number(port),
      url,
      connectMs,
    },
    parts: { names, tls: isSecure ? tls : undefined },
    parsed,
  };
}
