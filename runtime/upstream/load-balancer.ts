import type { Exchange } from "../exchange/exchange.ts";
import type { Endpoint } from "./endpoint.ts";

/** Whose turn it is among several endpoints. */
export interface LoadBalancer {
  pick(endpoints: readonly Endpoint[], x: Exchange): Endpoint;
  /**
   * An endpoint other than the one that failed, if there is one: with the same path, so that what was written for that
   * one can be sent to it.
   */
  pickOther(endpoints: readonly Endpoint[], failed: Endpoint, x: Exchange): Endpoint;
}
