import type { Exchange } from "../exchange/exchange.ts";
import type { HttpExchange } from "./http-exchange.ts";
import { Http1Connection, resetSocket } from "./http1-connection.ts";

/** Resets the connection of the client (TCP RST), or its stream (RST_STREAM), before anything of an answer was sent. */
export function resetClient(exchange: Exchange): void {
  // Every exchange of a running gateway is made by the server beside this file.
  const x = exchange as HttpExchange;
  if (x.isDone) return;
  const { client } = x;
  if (client instanceof Http1Connection) resetSocket(client.socket);
  x.breakOff("refused");
}
