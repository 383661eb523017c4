import type { Piece } from "../http1/read-buffer.ts";
import { type Contained, contain } from "../life/boundary.ts";
import type { AnswerSink, FailureCode } from "./answer-sink.ts";
import type { Connector } from "./connector.ts";
import type { Place } from "./endpoint.ts";

export interface CarrierOptions {
  readonly isHead: boolean;
  readonly isUpgrade: boolean;
  /** The length of the body is not known before its end. */
  readonly isChunked: boolean;
}

/** Carries one request to a service and its answer back: a connection of HTTP/1.1 or a stream of HTTP/2. */
export interface Carrier {
  /** Begins a request; `head` is its text in the form of HTTP/1.1, up to and with the blank line. */
  begin(sink: AnswerSink, head: string, options: CarrierOptions): void;
  /** False: wait for `requestDrained`. */
  sendBody(piece: Piece): boolean;
  /** `trailers` are their lines, each with its CRLF. */
  sendEnd(trailers: string): void;
  /** Sends what was gathered. */
  flush(): void;
  /** The client has to catch up. */
  pause(): void;
  resume(): void;
  /** Nobody waits for the answer any more. */
  leave(): void;
  /** Where the service may refuse to look at a request: keeps its body, so that it can be sent once more. */
  keepBody?(): KeptBody;
  /** The client has to catch up. */
  readonly isPaused: boolean;
}

/** What was sent of a body. */
export interface KeptBody {
  /** It was too long to be kept. */
  readonly isLost: boolean;
  readonly hasEnded: boolean;
  /** Returns the piece to send. */
  add(piece: Piece): Piece;
  /** `trailers` are their lines, each with its CRLF. */
  end(trailers: string): void;
  sendAgain(carrier: Pick<Carrier, "sendBody" | "sendEnd" | "flush">): void;
}

/** Wants something that carries a request. */
export interface Waiter extends Contained {
  connected(carrier: Carrier): void;
  failed(code: FailureCode): void;
}

/** What goes wrong with a request that waited is that request's affair: others wait behind it. */
export function serve(waiter: Waiter, carrier: Carrier): void {
  try {
    waiter.connected(carrier);
  } catch (error) {
    contain(waiter, error);
  }
}

export function deny(waiter: Waiter, code: FailureCode): void {
  try {
    waiter.failed(code);
  } catch (error) {
    contain(waiter, error);
  }
}

/** What carries requests to one endpoint. */
export interface CarrierPool {
  /** Connections that stand or are being made. */
  readonly size: number;
  /** Those of them that carry no request. */
  readonly idle: number;
  /** As many requests as may be have a connection, or wait for one. */
  readonly isFull: boolean;
  /** Calls `connected` at once where a connection has room. */
  acquire(waiter: Waiter): void;
  /** The waiter wants no connection any more. */
  leave(waiter: Waiter): void;
  /** Connections to addresses that `isKept` does not accept get no more requests. */
  retire(isKept: (address: string) => boolean): void;
  close(): void;
}

/** Bounds of the connections to one endpoint, of one worker. */
export interface PoolLimits {
  readonly connections: number;
  /** Requests that wait for a connection. */
  readonly pending: number;
  /** Requests on one connection at the same time; HTTP/2 only. */
  readonly streams: number;
  /** Milliseconds until a connection stands. */
  readonly connectMs: number;
  /** Milliseconds that an unused connection is kept. */
  readonly idleMs: number;
}

/**
 * Makes the pool of an endpoint; `undefined` in the config of a service stands for HTTP/1.1. `place`: of the endpoint, as its
 * registry says it.
 */
export type CarrierPoolFactory = (connector: Connector, limits: PoolLimits, place?: Place) => CarrierPool;
