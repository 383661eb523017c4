import type { Exchange } from "../exchange/exchange.ts";
import type { HttpExchange } from "./http-exchange.ts";

/** Sends the answer that a chain made: response hooks, head, body; done hooks follow after the last byte. */
export function send(x: Exchange): void {
  // Every exchange of a running gateway is made by the server beside this file.
  (x as HttpExchange).sendAnswer();
}
