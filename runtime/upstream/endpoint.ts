import { connect } from "node:net";
import { type ConnectionOptions, connect as connectSecurely } from "node:tls";
import { StartError } from "../process/start-error.ts";
import { type Connector, OriginPool, type PoolLimits, type PoolParts } from "./origin-pool.ts";

/** One address of a service with its keep-alive connections. */
export class Endpoint {
  /** As configured, for logs. */
  readonly url: string;
  readonly weight: number;
  /** Path part of the URL without a slash at the end; empty for `/`. */
  readonly basePath: string;
  /** Host and port as they stand in `Host`. */
  readonly authority: string;
  readonly pool: OriginPool;
  /** Of smooth weighted round robin. */
  credit = 0;
  readonly #hostname: string;
  readonly #port: number;
  readonly #connectMs: number;

  /** Throws a `StartError` where the URL, which may be a setting, cannot be forwarded to. */
  constructor(service: string, url: string, weight: number, limits: PoolLimits, parts: PoolParts) {
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
    this.#hostname = parsed.hostname.startsWith("[") ? parsed.hostname.slice(1, -1) : parsed.hostname;
    const isSecure = parsed.protocol === "https:";
    this.#port = parsed.port === "" ? (isSecure ? 443 : 80) : Number(parsed.port);
    this.#connectMs = limits.connectMs;
    this.pool = new OriginPool(parts, isSecure ? this.#secure() : this.#plain(), limits);
  }

  #plain(): Connector {
    const options = { host: this.#hostname, port: this.#port, noDelay: true, allowHalfOpen: true, autoSelectFamily: true };
    return { readyEvent: "connect", open: (onread) => connect({ ...options, onread }) };
  }

  #secure(): Connector {
    const options = { host: this.#hostname, port: this.#port, autoSelectFamily: true, ALPNProtocols: ["http/1.1"] };
    // A name to ask for (RFC 6066 §3): an address is none.
    const servername = /[a-z]/i.test(this.#hostname) && !this.#hostname.includes(":") ? this.#hostname : "";
    return {
      readyEvent: "secureConnect",
      open: (onread) => {
        // Options of `net.connect` are options here, which the types leave out.
        const secure: ConnectionOptions = Object.assign({ onread }, options, { servername });
        const socket = connectSecurely(secure);
        socket.setNoDelay(true);
        return socket;
      },
    };
  }

  /** Whether a TCP connection can be made. */
  isReachable(): Promise<boolean> {
    return new Promise((resolve) => {
      const socket = connect({ host: this.#hostname, port: this.#port, timeout: this.#connectMs });
      const settle = (isReachable: boolean): void => {
        socket.destroy();
        resolve(isReachable);
      };
      socket.once("connect", () => settle(true));
      socket.once("timeout", () => settle(false));
      socket.once("error", () => settle(false));
    });
  }

  close(): void {
    this.pool.close();
  }
}
