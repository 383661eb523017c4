import { contained } from "../boundary.ts";
import { StartError } from "../process/start-error.ts";
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
  /** Of smooth weighted round robin. */
  credit = 0;
  readonly #connector: Connector;
  readonly #connectMs: number;

  /** Throws a `StartError` where the URL, which may be a setting, cannot be forwarded to. */
  constructor(config: ServiceConfig, url: string, weight: number, limits: PoolLimits, pool: CarrierPoolFactory) {
    const { name: service } = config;
    const parsed = URL.canParse(url) ? new URL(url) : undefined;
    if (parsed === undefined || (parsed.protocol !== "http:" && parsed.protocol !== "https:")) {
      throw new StartError(
        `service ${service}: \`${url}\` is no URL of an endpoint. Write it as http://host:port or https://host:port, with a path where needed.`,
      );
    }
    if (parsed.username !== "" || parsed.password !== "" || parsed.search !== "" || parsed.hash !== "") {
      throw new StartError(
        `service ${service}: the URL of an endpoint is scheme, host, port and path; that of ${parsed.host} has more.`,
      );
    }
    this.url = url;
    this.weight = weight;
    this.basePath = parsed.pathname.endsWith("/") ? parsed.pathname.slice(0, -1) : parsed.pathname;
    this.authority = parsed.host;
    const hostname = parsed.hostname.startsWith("[") ? parsed.hostname.slice(1, -1) : parsed.hostname;
    const isSecure = parsed.protocol === "https:";
    const port = parsed.port === "" ? (isSecure ? 443 : 80) : Number(parsed.port);
    const { connectMs } = limits;
    this.#connectMs = connectMs;
    if (isSecure && config.tls === undefined) throw new Error(`service ${service} has no TLS for ${parsed.host}`);
    const parts = { names: config.names, tls: isSecure ? config.tls : undefined };
    this.#connector = connectorOf({ hostname, port, url, connectMs }, parts, (isKept) => this.pool.retire(isKept));
    this.pool = pool(this.#connector, limits);
  }

  /** Whether a connection can be made. */
  isReachable(): Promise<boolean> {
    return new Promise((resolve) => {
      const socket = this.#connector.open(undefined);
      const settle = (isReachable: boolean): void => {
        clearTimeout(timer);
        socket.destroy();
        resolve(isReachable);
      };
      const unreachable = { broke: () => resolve(false) };
      const timer = setTimeout(contained(unreachable, settle), this.#connectMs, false);
      const onReady = contained(unreachable, (): void => settle(true));
      const onError = contained(unreachable, (): void => settle(false));
      socket.once(this.#connector.readyEvent, onReady);
      socket.on("error", onError);
    });
  }

  close(): void {
    this.pool.close();
  }
}
