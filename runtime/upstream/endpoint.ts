import { connect } from "node:net";
import Pool from "undici/lib/dispatcher/pool.js";
import { StartError } from "../process/start-error.ts";

/** One address of a service with its keep-alive connections. */
export class Endpoint {
  /** As configured, for logs. */
  readonly url: string;
  readonly weight: number;
  /** Path part of the URL without a slash at the end; empty for `/`. */
  readonly basePath: string;
  /** Of smooth weighted round robin. */
  credit = 0;
  readonly #origin: string;
  readonly #hostname: string;
  readonly #port: number;
  readonly #connectTimeout: number;
  #pool: Pool | undefined = undefined;

  /** Throws a `StartError` where the URL, which may be a setting, cannot be forwarded to. */
  constructor(service: string, url: string, weight: number, connectTimeout: number) {
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
    this.#origin = parsed.origin;
    this.#hostname = parsed.hostname.startsWith("[") ? parsed.hostname.slice(1, -1) : parsed.hostname;
    this.#port = parsed.port === "" ? (parsed.protocol === "https:" ? 443 : 80) : Number(parsed.port);
    this.#connectTimeout = connectTimeout;
  }

  /** Connections are made when the first request comes. */
  get pool(): Pool {
    this.#pool ??= new Pool(this.#origin, {
      connections: null,
      pipelining: 1,
      connectTimeout: this.#connectTimeout,
      // Silence in the middle of an answer; long enough for event streams that send a comment now and then.
      bodyTimeout: 300_000,
      // Below the idle time of common servers (5 s in node:http), so that fewer requests meet a closing connection.
      keepAliveTimeout: 4_000,
      maxHeaderSize: 65_536,
      allowH2: false,
      autoSelectFamily: true,
    });
    return this.#pool;
  }

  /** Whether a TCP connection can be made. */
  isReachable(): Promise<boolean> {
    return new Promise((resolve) => {
      const socket = connect({ host: this.#hostname, port: this.#port, timeout: this.#connectTimeout });
      const settle = (isReachable: boolean): void => {
        socket.destroy();
        resolve(isReachable);
      };
      socket.once("connect", () => settle(true));
      socket.once("timeout", () => settle(false));
      socket.once("error", () => settle(false));
    });
  }

  async close(): Promise<void> {
    await this.#pool?.destroy();
  }
}
