import { HttpExchange } from "../../http/http-exchange.ts";

/** A request that nobody waits for: see `WarmRequests`. */
export class WarmExchange extends HttpExchange {
  /** The key by which clients asked for it. Undefined: it was listed. */
  wantedKey: string | undefined = undefined;
  /** The service may be asked for it by now. */
  mayAsk = true;
  /** The URI by which what is kept of it is dropped, once its cache was asked. */
  base: string | undefined = undefined;
}
