import type { Peer } from "../exchange/exchange.ts";

/** Is told of requests that could not be read, of which there is no exchange. */
export interface RefusalLog {
  /** Begins the trace of one, ahead of `refused`: all that are told of it name the same. Only who makes traces has it. */
  beginTrace?(): RefusedTrace;
  /** `problem`: type of the answer. `keyword`: what is wrong with the request. `trace`: undefined where nobody makes traces. */
  refused(peer: Peer, status: number, problem: string, keyword: string, trace: RefusedTrace | undefined): void;
}

/** As hexadecimal digits. */
export interface RefusedTrace {
  readonly traceId: string;
  readonly spanId: string;
}
