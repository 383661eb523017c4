import type { WarmOutcome } from "../../caching/warming/outcome.ts";
import type { Gateway } from "../../gateway/gateway.ts";
import { emptyLoad } from "../../http/capacity.ts";
import type { ClientTransport } from "../../http/client-transport.ts";
import { readTarget } from "../../http/dispatch.ts";
import type { ServerState } from "../../http/http-exchange.ts";
import { defaultLimits } from "../../http/server.ts";
import { reading } from "../../http1/field-section.ts";
import { RequestHeadReader } from "../../http1/request-head.ts";
import { WarmExchange } from "./warm-exchange.ts";

/** By whom a cache is warmed: `each` process for itself, or the `owner` for all that share a store. */
export type WarmTurn = "each" | "owner";

/** What came of it, and the URI by which what is kept of it is dropped where something changes; undefined: it is not known. */
export interface Warmed {
  readonly outcome: WarmOutcome;
  readonly base: string | undefined;
}

/** Names and values of request fields in turn. */
export type WarmFields = readonly string[];

/** Where requests without a client come from: they are counted apart from those of clients. */
export class WarmRequests {
  readonly #state: ServerState;
  readonly #heads: RequestHeadReader;
  readonly #gateway: Gateway;
  /** Requests come from proxies that say what clients asked for. */
  readonly #isTrusted: boolean;
  /** Clients speak TLS with the gateway itself. */
  readonly #isSecure: boolean;

  constructor(gateway: Gateway) {
    const { limits, bounds, claims, time, entrance, trustedProxies } = gateway.listeners.public;
    this.#isTrusted = trustedProxies.length > 0;
    this.#isSecure = entrance?.isSecure === true;
    this.#gateway = gateway;
    this.#heads = new RequestHeadReader({ ...defaultLimits, ...bounds }, claims);
    this.#state = {
      gateway,
      proxies: undefined,
      load: emptyLoad(limits),
      // What callers say of their time is nobody's here.
      time: time?.ofAll(),
      workers: 1,
      isDraining: false,
      answersToClose: 0,
    };
  }

  /** Whose matter it is to warm what a public URL names. Undefined: the gateway has no operation for it whose cache is warmed. */
  turnOf(url: string, fields: WarmFields): WarmTurn | undefined {
    const x = this.#open(url, fields);
    x?.finish(true);
    return x?.operation.warmedBy;
  }

  /**
   * Fetches it where it is not kept and fresh, if it `mayAsk` by now. `key`: by which clients asked for it. Undefined: it is not the
   * matter of `turn`. Never rejects.
   */
  async warm(url: string, fields: WarmFields, turn: WarmTurn, mayAsk: boolean, key?: string): Promise<Warmed | undefined> {
    const x = this.#open(url, fields);
    if (x === undefined) return undefined;
    try {
      x.wantedKey = key;
      x.mayAsk = mayAsk;
      if (x.operation.warmedBy !== turn) return undefined;
      // A step in front of the cache may have refused it.
      const outcome = (await x.operation.warm!(x)) ?? "failed";
      return { outcome, base: x.base };
    } catch (error) {
      x.fail(error);
      return { outcome: "failed", base: x.base };
    } finally {
      x.finish(true);
    }
  }

  /** An exchange that asks as a client would, and is counted and written down by nobody. */
  #open(url: string, fields: WarmFields): WarmExchange | undefined {
    const head = this.#head(url, fields);
    if (head === undefined) return undefined;
    const gateway = this.#gateway;
    const read = readTarget(head);
    const target = read.problem === undefined ? (gateway.parts.readAsSent?.(head, read) ?? read) : read;
    if (target.problem !== undefined) return undefined;
    const { path, query, host, authority } = target;
    const operation = gateway.match({ path, query, host, headers: head.headers }, "GET");
    if (operation?.warm === undefined) return undefined;
    const x = new WarmExchange(this.#state, nobody, head, {
      path,
      query,
      host,
      authority,
      // RFC 7239 §6.2: nobody of whom an address is known.
      peer: { ip: "unknown", connectionIp: "unknown", port: 0, secure: this.#isTrusted ? /^https:/i.test(url) : this.#isSecure },
      isPeerTrusted: this.#isTrusted,
      problem: undefined,
    });
    x.operation = { ...operation, response: null, done: null };
    return x;
  }

  #head(url: string, fields: WarmFields): RequestHeadReader["head"] {
    const parts = /^https?:\/\/([^/?#]+)([^#]*)/i.exec(url);
    if (parts === null) return undefined;
    const [, authority, rest] = parts as unknown as [string, string, string];
    const target = rest.startsWith("/") ? rest : `/${rest}`;
    const lines = fields.map((text, at) => (at % 2 === 0 ? `${text}: ` : `${text}\r\n`)).join("");
    const octets = Buffer.from(`GET ${target} HTTP/1.1\r\nHost: ${authority}\r\n${lines}\r\n`, "latin1");
    return this.#heads.read(octets, 0, octets.length) === reading.complete ? this.#heads.head : undefined;
  }
}

/** What is sent to it goes nowhere. */
const nobody: ClientTransport = {
  sendHead() {},
  sendBody: () => true,
  sendEnd() {},
  flush() {},
  sendInterim() {},
  abort() {},
  readBody() {},
  pauseBody() {},
  resumeBody() {},
  leaveBody() {},
  isBodyRead: true,
  tunnel: undefined,
};
