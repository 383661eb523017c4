import type { HeaderList } from "../fields/header-list.ts";
import type { BodySink } from "../http1/incoming-body.ts";
import type { Piece } from "../http1/read-buffer.ts";
import type { TunnelPort, TunnelSink } from "../http1/tunnel.ts";

/** Carries one exchange to its client: a connection of HTTP/1.1 or a stream of HTTP/2. */
export interface ClientTransport {
  /** The request came by HTTP/2, and its head was written as one of HTTP/1.1 (RFC 9113 §8.3). */
  readonly isHttp2?: true;
  /**
   * Begins the answer. `bodyLength`: bytes, `unknown` until the end comes, or `none` where the answer has no body
   * (RFC 9110 §6.4.1). Throws a `FieldError`, and has sent nothing, where a field cannot be sent. What was begun leaves
   * with the first `flush`.
   */
  sendHead(status: number, headers: HeaderList, bodyLength: number | "unknown" | "none"): void;
  /** Adds bytes of the body. False: they wait; `drained` of the exchange tells when the client has caught up. */
  sendBody(piece: Piece): boolean;
  /** Ends the answer. */
  sendEnd(trailers: HeaderList | undefined): void;
  /** Sends what was gathered. */
  flush(): void;
  /** An interim answer (RFC 9110 §15.2), where the client's version has them. */
  sendInterim(status: number, headers: HeaderList): void;
  /** The client reads nothing more of this exchange: its connection or stream is cut off. */
  abort(): void;

  /** Gives the body to `sink`, at once as far as it is there. Tells a waiting client to continue. */
  readBody(sink: BodySink): void;
  /** Stops giving bytes until `resumeBody`. */
  pauseBody(): void;
  resumeBody(): void;
  /** The sink wants nothing more; the transport deals with the rest. */
  leaveBody(): void;
  /** Every byte of the body was given to a sink, or there is none. */
  readonly isBodyRead: boolean;

  /**
   * Begins a tunnel after the head of a 101 was sent (RFC 9110 §7.8): what the client sends from now on goes to `sink`.
   * Undefined where the transport cannot.
   */
  readonly tunnel: ((sink: TunnelSink) => TunnelPort) | undefined;
}

/** Something on its way that ends when the client is gone or was answered: the request to the service. */
export interface Cancellable {
  cancel(): void;
  /** The client has taken what was written: the service may go on. */
  drained(): void;
  /** Of a tunnel: the credential that opened it has ended. */
  closeTunnel?(): void;
}
