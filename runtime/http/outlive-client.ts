import type { Exchange } from "../exchange/exchange.ts";
import type { ClientTransport } from "./client-transport.ts";
import type { HttpExchange } from "./http-exchange.ts";

/**
 * Somebody wants to know what the service answers, also where the client does not: a request that is under way goes on when
 * the client leaves, for as long as the service may take. What was not sent yet is not sent any more.
 */
export function outliveClient(exchange: Exchange): void {
  // Every exchange of a running gateway is made by the server beside this file.
  const x = exchange as HttpExchange;
  let isGone = false;
  x.onClientGone = () => {
    const { pending } = x;
    if (isGone) return true;
    if (pending === undefined || x.upstream === undefined || x.body === undefined) return false;
    isGone = true;
    x.outcome = "clientGone";
    x.client = new NoClient(x);
    // What waited for the client to read goes on.
    pending.drained();
    return true;
  };
}

/** In the place of a client that left: takes everything, and nothing comes from it. */
class NoClient implements ClientTransport {
  readonly isBodyRead = true;
  readonly tunnel = undefined;
  readonly #x: HttpExchange;

  constructor(x: HttpExchange) {
    this.#x = x;
  }

  sendHead(): void {}

  sendBody(): boolean {
    return true;
  }

  sendEnd(): void {
    this.abort();
    this.#x.finish(false);
  }

  /** The exchange is over. */
  abort(): void {
    this.#x.onClientGone = undefined;
  }

  flush(): void {}
  sendInterim(): void {}
  readBody(): void {}
  pauseBody(): void {}
  resumeBody(): void {}
  leaveBody(): void {}
}
