import type { Peer } from "../exchange/exchange.ts";

/** Is told of requests that could not be read, of which there is no exchange. */
export interface RefusalLog {
  /** `problem`: type of the answer. `keyword`: what is wrong with the request. */
  refused(peer: Peer, status: number, problem: string, keyword: string): void;
}
