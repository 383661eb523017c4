import { refuse } from "../../answers/problem.ts";
import type { Exchange, Slot, StartValue } from "../../exchange/exchange.ts";
import { isProtocol, protocolList, type UpgradeGrant, type UpgradeGrants } from "../../exchange/upgrade.ts";
import { OriginList } from "../../fields/origin-list.ts";
import type { MetricFamily, MetricsPart } from "../../gateway/metrics.ts";
import type { Operation } from "../../gateway/operation.ts";
import { tunnelFamilies } from "./tunnel-families.ts";

export interface UpgradeConfig {
  readonly protocols: readonly string[];
  /** A request that offers none of them gets 426. */
  readonly required: boolean;
  /** Exact origins and `https://*.example.com` patterns; `any` stands for `*`; `same`: that of the request's own host. */
  readonly origins: readonly StartValue[] | "any" | "same";
  /** Milliseconds. */
  readonly idleTimeout: number;
  /** Milliseconds; 0: no bound. */
  readonly maxDuration: number;
  /** 0: no bound. */
  readonly maxConnections: number;
  readonly slot: Slot;
}

export const createUpgrade = (config: UpgradeConfig): Upgrade => new Upgrade(config);

/** What one request may do, and how far it came. */
interface Grant extends UpgradeGrant {
  isOpen: boolean;
}

/** Says which requests may go on with another protocol (RFC 9110 §7.8), and counts them while they do. */
class Upgrade implements UpgradeGrants, MetricsPart {
  readonly #protocols: readonly string[];
  readonly #required: boolean;
  readonly #origins: OriginList | "any" | "same";
  readonly #idleTimeout: number;
  readonly #maxDuration: number;
  readonly #maxConnections: number;
  readonly #slot: number;
  /** Known from the first request on; an instance belongs to one. */
  #operation: Operation | undefined = undefined;
  /** Connections that were granted and are not over. */
  #granted = 0;
  #open = 0;
  #opened = 0;

  constructor(config: UpgradeConfig) {
    this.#protocols = config.protocols;
    this.#required = config.required;
    this.#origins = typeof config.origins === "string" ? config.origins : new OriginList(config.origins, "upgrade");
    this.#idleTimeout = config.idleTimeout;
    this.#maxDuration = config.maxDuration === 0 ? Number.POSITIVE_INFINITY : config.maxDuration;
    this.#maxConnections = config.maxConnections;
    this.#slot = config.slot;
  }

  request(x: Exchange): boolean {
    this.#operation = x.operation;
    // The client left while an earlier step waited: `done` was called, and would never give the place back.
    if (x.outcome !== "pending") return false;
    const protocols = x.upgrade === "" ? [] : protocolList(x.upgrade).filter((one) => this.#has(one));
    if (protocols.length === 0) return this.#required && refuse(x, upgradeRequired);
    if (!this.#isOriginAllowed(x)) return refuse(x, foreignOrigin);
    const isWebSocket = protocols.some((one) => isProtocol(one, "websocket"));
    if (isWebSocket && refuseHandshake(x)) return true;
    if (this.#granted === this.#maxConnections && this.#maxConnections > 0) return refuse(x, tooManyConnections);
    this.#granted++;
    const grant: Grant = {
      protocols,
      webSocketKey: isWebSocket ? x.headers.get("sec-websocket-key")! : "",
      idleTimeout: this.#idleTimeout,
      maxDuration: this.#maxDuration,
      isOpen: false,
    };
    x.slots[this.#slot] = grant;
    return false;
  }

  granted(x: Exchange): UpgradeGrant | undefined {
    return this.#grantOf(x);
  }

  response(x: Exchange): void {
    const { status, headers } = x.answer!;
    // RFC 9110 §15.5.22, also where it is the service that asks for it.
    if (status === 426) headers.set("Upgrade", this.#protocols.join(", "));
    const grant = this.#grantOf(x);
    if (status !== 101 || grant === undefined) return;
    grant.isOpen = true;
    this.#open++;
    this.#opened++;
  }

  done(x: Exchange): void {
    const grant = this.#grantOf(x);
    if (grant === undefined) return;
    this.#granted--;
    if (grant.isOpen) this.#open--;
  }

  collect(): MetricFamily[] {
    return this.#operation === undefined ? [] : tunnelFamilies(this.#operation, this.#open, this.#opened);
  }

  #has(protocol: string): boolean {
    return this.#protocols.some((one) => isProtocol(one, protocol));
  }

  /**
   * Browsers let every page open a WebSocket to everywhere, with the cookies of its user, and CORS has no say in it
   * (RFC 6455 §10.2). Who sends no `Origin` is no browser.
   */
  #isOriginAllowed(x: Exchange): boolean {
    const origin = x.headers.single("origin");
    if (origin === undefined || this.#origins === "any") return true;
    if (origin === null) return false;
    if (this.#origins !== "same") return this.#origins.has(origin);
    // Which scheme the client used is known to the proxy in front alone.
    return /^https?:\/\/./.test(origin) && origin.slice(origin.indexOf("//") + 2) === x.authority.toLowerCase();
  }

  /** Undefined for ordinary requests. */
  #grantOf(x: Exchange): Grant | undefined {
    // What stands in the slot was put there by `request`.
    return x.slots[this.#slot] as Grant | undefined;
  }
}

const upgradeRequired = {
  status: 426,
  slug: "upgrade-required",
  title: "The resource is there for another protocol only",
  source: "upgrade",
} as const;

const foreignOrigin = {
  status: 403,
  slug: "origin-not-allowed",
  title: "Pages of this origin may not connect",
  source: "upgrade",
} as const;

const tooManyConnections = {
  status: 503,
  slug: "too-many-connections",
  title: "Too many connections are open",
  headers: ["Retry-After", "5"],
  source: "upgrade",
} as const;

/** RFC 6455 §4.2.1: what cannot be a handshake never reaches the service, which might take it for one. */
function refuseHandshake(x: Exchange): boolean {
  const { headers } = x;
  if (headers.single("sec-websocket-version") !== "13") {
    return refuse(x, {
      ...upgradeRequired,
      status: 426,
      slug: "websocket-version",
      title: "The version of WebSocket is not supported",
      headers: ["Sec-WebSocket-Version", "13"],
    });
  }
  // Base64 of 16 octets.
  if (x.method === "GET" && !x.hasBody && /^[A-Za-z0-9+/]{21}[AQgw]==$/.test(headers.single("sec-websocket-key") ?? ""))
    return false;
  return refuse(x, {
    status: 400,
    slug: "bad-handshake",
    title: "The request is no WebSocket handshake",
    detail: "It takes GET without content, and one Sec-WebSocket-Key of 16 octets in Base64.",
    source: "upgrade",
  });
}
