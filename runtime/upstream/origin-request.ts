import type { HttpExchange } from "../http/http-exchange.ts";
import type { ResponseHead } from "../http1/response-head.ts";
import type { OperationHedge } from "./attempts/hedging-service.ts";
import type { OperationRetry } from "./attempts/retry-rules.ts";
import type { ForwardConfig } from "./forward.ts";
import type { OriginConnection } from "./origin-connection.ts";
import type { RequestFraming, RequestText } from "./request-text.ts";
import type { Service } from "./service.ts";
import type { TrailerRules } from "./trailers.ts";

/** A request to a service, ready to be sent. */
export interface OriginRequest {
  /** For the endpoint that was chosen first. */
  readonly text: RequestText;
  readonly config: ForwardConfig;
  /** Field lines of the connection, each with its CRLF. */
  readonly lines: string;
  readonly framing: RequestFraming;
  /** Milliseconds between the end of the request and the head of the answer. */
  readonly responseTimeout: number;
  /** Monotonic milliseconds at which nobody waits for the answer any more; infinity: nobody has said so. */
  readonly until: number;
  /** Milliseconds of silence in the middle of an answer. */
  readonly idleTimeout: number;
  /** Undefined: those that hold for every operation. */
  readonly trailers: TrailerRules | undefined;
  /** URLs in the answer stay as the service wrote them. */
  readonly keepsLocation: true | undefined;
  /** Undefined: the service was not asked to go on with another protocol. */
  readonly protocolSwitch: ProtocolSwitch | undefined;
  /** Undefined: what the service says of attempts holds as it stands. */
  readonly retry: OperationRetry | undefined;
  /** Undefined: what the service says of late answers holds as it stands. */
  readonly hedge: OperationHedge | undefined;
}

/** What makes of a 101 a tunnel (RFC 9110 §7.8); linked where a route allows it. */
export interface ProtocolSwitch {
  /** Field lines that ask the service for it, each with its CRLF. */
  readonly lines: string;
  /** Whether the service agreed to what it was asked for. Leaves the fields of the head as the client gets them. */
  accepts(head: ResponseHead): boolean;
  /** The client has the head: from now on bytes pass both ways. */
  begin(x: HttpExchange, connection: OriginConnection, service: Service): void;
}
