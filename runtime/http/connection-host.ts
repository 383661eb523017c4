import type { Peer } from "../exchange/exchange.ts";
import type { ReadBuffers } from "../http1/read-buffer.ts";
import type { RequestHead, RequestHeadReader } from "../http1/request-head.ts";
import type { ClientTransport } from "./client-transport.ts";
import type { Connection } from "./connection.ts";
import type { HttpExchange, ServerState } from "./http-exchange.ts";
import type { ConnectionProblem } from "./syntax-refusal.ts";

/** Bounds and deadlines in front of everything that a gateway does. Milliseconds and bytes. */
export interface ServerLimits {
  /** Bytes of request line and field lines together. */
  readonly headBytes: number;
  readonly fieldLines: number;
  /** From the first byte of a head to its last. */
  readonly headMs: number;
  /** From the head to the end of the body. */
  readonly requestMs: number;
  /** Between requests. */
  readonly idleMs: number;
  /** Without any progress of a client that has to read. */
  readonly sendMs: number;
  /** For a client to read its last answer and to stop sending. */
  readonly lingerMs: number;
}

/** The other end of a connection. */
export interface ClientPeer {
  readonly peer: Peer;
  /** Its forwarding fields are believed. */
  readonly isTrusted: boolean;
}

/** What a connection needs of its server. */
export interface ConnectionHost {
  readonly state: ServerState;
  readonly limits: ServerLimits;
  readonly heads: RequestHeadReader;
  readonly buffers: ReadBuffers;
  /** Coarse monotonic milliseconds, right to a second or so. */
  readonly now: number;
  /** `Date` with its value and CRLF (RFC 9110 §6.6.1). */
  dateLine(): string;
  exchange(client: ClientTransport, head: RequestHead, peer: ClientPeer): HttpExchange;
  /** A request could not be read, and was answered without an exchange. */
  unread(peer: Peer, problem: ConnectionProblem): void;
  /** The connection is gone. */
  forget(connection: Connection): void;
}
