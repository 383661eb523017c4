import type { Exchange, UpstreamRequest } from "../../exchange/exchange.ts";

/** An authentication step of this folder. */
export interface SecurityStep {
  request(x: Exchange): boolean | Promise<boolean>;
  upstreamRequest(x: Exchange, upstream: UpstreamRequest): void;
  done?(x: Exchange): void;
}
