import crypto from "node:crypto";
import type { Exchange, StartValue } from "../../exchange/exchange.ts";
import type { HeaderList } from "../../fields/header-list.ts";
import { StartError } from "../../life/start-error.ts";
import type { Endpoint } from "../endpoint.ts";
import type { LoadBalancer, Picker } from "../load-balancer.ts";

export interface StickyConfig {
  /** Name of the cookie. */
  readonly cookie: string;
  /** Seconds that clients keep it; absent: until they end. */
  readonly maxAge?: number;
  readonly path: string;
  readonly sameSite: "Lax" | "Strict" | "None";
  /** The same in all instances: what it makes of an endpoint stands in the cookie. */
  readonly key: StartValue;
}

export const createSticky = (config: StickyConfig): Sticky => new Sticky(config);

/**
 * Keeps a client with the endpoint that answered it first, by a cookie. The cookie names the endpoint by a keyed digest: it
 * tells nobody where endpoints are, and nobody can make one up for an endpoint of one's choice. A client whose endpoint is
 * gone is given another, and another cookie.
 */
export class Sticky {
  readonly #config: StickyConfig;

  constructor(config: StickyConfig) {
    if (config.key.length < 16)
      throw new StartError(
        `The key of the sticky cookie ${config.cookie} has less than 16 characters. Give \`sticky.key\` of the service a longer one.`,
      );
    this.#config = config;
  }

  /** `balancer` chooses for whoever has no cookie, or one of an endpoint that cannot be chosen. */
  around(balancer: LoadBalancer): LoadBalancer {
    return {
      over: (endpoints, all) => {
        const picker: Picker = balancer.over(endpoints, all);
        // Made for the first request with a cookie, which does not need the picker then: of thousands, each takes milliseconds.
        let byName: ReadonlyMap<string, Endpoint> | undefined;
        return {
          pick: (x) => {
            const sent = this.#sent(x);
            if (sent === "") return picker.pick(x);
            byName ??= new Map(endpoints.map((endpoint) => [this.#nameOf(endpoint), endpoint]));
            return byName.get(sent) ?? picker.pick(x);
          },
          another: (x, tried) => picker.another(x, tried),
        };
      },
    };
  }

  /** Ahead of its first request: of thousands of endpoints that come at once, the digests take some tens of milliseconds. */
  prepare(endpoint: Endpoint): void {
    this.#nameOf(endpoint);
  }

  /** Gives the client the cookie of the endpoint that answers it, where it has another one. */
  remember(x: Exchange, endpoint: Endpoint, headers: HeaderList): void {
    const name = this.#nameOf(endpoint);
    if (this.#sent(x) === name) return;
    const { cookie, maxAge, path, sameSite } = this.#config;
    const age = maxAge === undefined ? "" : `; Max-Age=${maxAge}`;
    const secure = x.peer.secure ? "; Secure" : "";
    headers.add("Set-Cookie", `${cookie}=${name}; Path=${path}${age}; HttpOnly; SameSite=${sameSite}${secure}`);
  }

  /**
   * Keyed by what stands in front, which is as good as HMAC for a digest that tells only a part of its state (FIPS 180-4, SHA-512/256),
   * and takes a quarter of its time.
   */
  #nameOf(endpoint: Endpoint): string {
    return (endpoint.cookie ??= crypto.hash("sha512-256", this.#config.key + endpoint.url, "base64url").slice(0, 22));
  }

  /** Empty where there is none. Of several with the same name the first one counts (RFC 6265 §5.4: the most specific). */
  #sent(x: Exchange): string {
    const { cookie } = this.#config;
    for (const pair of (x.headers.get("cookie") ?? "").split(";")) {
      const equals = pair.indexOf("=");
      if (equals > 0 && pair.slice(0, equals).trim() === cookie) return pair.slice(equals + 1).trim();
    }
    return "";
  }
}
