import type { EndpointLoad } from "./balance/endpoint-load.ts";
import type { CarrierPool, CarrierPoolFactory, PoolLimits } from "./carrier.ts";
import { type Connector, type ConnectorParts, connectorOf, type HttpVersion, type Target } from "./connector.ts";
import type { ServiceConfig } from "./service.ts";

/** Makes what carries requests to an endpoint. */
export type CarriersOf = (endpoint: Endpoint) => { readonly pool: CarrierPool; readonly connector: Connector };

/** One address of a service with its keep-alive connections. */
export class Endpoint {
  /** Share of the requests, relative to other endpoints; discovery may change it. */
  weight: number;
  /** Path part of the URL without a slash at the end; empty for `/`. */
  readonly basePath: string;
  /** Host and port as they stand in `Host`. */
  readonly authority: string;
  /** Why it gets no requests, as `EndpointSet` keeps it; 0: it gets some. */
  marks = 0;
  /** Monotonic milliseconds since when it gets some again; undefined: since the begin. */
  backSince: number | undefined = undefined;
  /** Its name in its registry, and what that says of it; undefined where it is of the configuration. */
  id: string | undefined = undefined;
  place: Place | undefined = undefined;
  /** What its sticky cookie says, where there is one and it was needed. */
  declare cookie?: string;
  /** Of services whose load balancer goes by it. */
  load: EndpointLoad | undefined = undefined;
  readonly #scheme: string;
  #url: string | undefined;
  readonly #carriersOf: CarriersOf;
  /** Made when they are needed: of thousands of endpoints that discovery finds, most may not be. */
  #carriers: ReturnType<CarriersOf> | undefined = undefined;

  /** `authority`: of the parsed URL, as `basePath`. `url`: as configured, where it is. */
  constructor(scheme: string, authority: string, basePath: string, weight: number, carriersOf: CarriersOf, url?: string) {
    this.weight = weight;
    this.authority = authority;
    this.basePath = basePath;
    this.#scheme = scheme;
    this.#url = url;
    this.#carriersOf = carriersOf;
  }

  /** For logs, and wherever an endpoint is named. Of thousands that discovery finds, it is put together when it is needed. */
  get url(): string {
    return (this.#url ??= `${this.#scheme}://${this.authority}${this.basePath}`);
  }

  get pool(): CarrierPool {
    return (this.#carriers ??= this.#carriersOf(this)).pool;
  }

  get connector(): Connector {
    return (this.#carriers ??= this.#carriersOf(this)).connector;
  }

  /** No request would get a connection, or wait for one. */
  get isFull(): boolean {
    return this.#carriers?.pool.isFull === true;
  }

  /** It gets no further requests: idle connections are closed, those that carry a request behind its answer. */
  leave(): void {
    this.#carriers?.pool.retire(() => false);
    this.#carriers?.connector.leave();
  }

  close(): void {
    this.#carriers?.pool.close();
  }
}

/** Where an endpoint stands among others. */
export interface Place {
  /** 0 where absent. */
  readonly priority?: number;
  readonly zone?: string;
  /** What subsets go by. */
  readonly metadata?: { readonly [name: string]: string };
  /** Where each endpoint has one of its own. */
  readonly protocol?: HttpVersion;
}

/** Of a service. */
export const createCarriersOf =
  (config: ServiceConfig, limits: PoolLimits, create: CarrierPoolFactory): CarriersOf =>
  (endpoint) => {
    const { target, parts } = wayTo(endpoint, config, limits.connectMs);
    const connector = connectorOf(target, parts, (isKept) => pool.retire(isKept));
    const pool = create(connector, limits, endpoint.place);
    return { pool, connector };
  };

/** The compiler has checked the URL, or `process/endpoint-setting.ts` has where it is a setting. */
export function endpointOf(url: string, weight: number, carriersOf: CarriersOf): Endpoint {
  const { protocol, host, pathname } = new URL(url);
  const basePath = pathname.endsWith("/") ? pathname.slice(0, -1) : pathname;
  return new Endpoint(protocol.slice(0, -1), host, basePath, weight, carriersOf, url);
}

/** What connections to an endpoint are made of. */
export function wayTo(
  { url, place }: Pick<Endpoint, "url" | "place">,
  { name, names, tls }: Pick<ServiceConfig, "name" | "names" | "tls">,
  connectMs: number,
): { readonly target: Target; readonly parts: ConnectorParts } {
  const { hostname, protocol, port, host } = new URL(url);
  const isSecure = protocol === "https:";
  if (isSecure && tls === undefined) throw new Error(`service ${name} has no TLS for ${host}`);
  return {
    target: {
      hostname: hostname.startsWith("[") ? hostname.slice(1, -1) : hostname,
      port: port === "" ? (isSecure ? 443 : 80) : Number(port),
      url,
      connectMs,
      ...(place?.protocol === undefined ? {} : { protocol: place.protocol }),
    },
    parts: { names, tls: isSecure ? tls : undefined },
  };
}
