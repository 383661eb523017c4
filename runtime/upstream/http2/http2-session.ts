import {
  type ClientHttp2Session,
  type ClientHttp2Stream,
  type ClientSessionRequestOptions,
  connect,
  type OutgoingHttpHeaders,
} from "node:http2";
import type { Socket } from "node:net";
import { TLSSocket } from "node:tls";
import { logError } from "../../http/log-error.ts";
import { type Contained, contained } from "../../life/boundary.ts";
import { clock } from "../../life/clock.ts";
import type { FailureCode } from "../answer-sink.ts";
import type { Connector } from "../connector.ts";
import { EndOrder } from "./end-order.ts";
import { Http2Stream } from "./http2-stream.ts";

/** What a session needs of those who keep it. */
export interface SessionHost {
  /** It can carry requests. */
  ready(session: Http2Session): void;
  /** A stream has ended, or there may be more of them. */
  hasRoom(session: Http2Session): void;
  /** It takes no more requests. */
  leaving(session: Http2Session): void;
  /** It is gone; `code` where it never was ready. */
  forget(session: Http2Session, code: FailureCode): void;
}

/** Bytes of answers that may be on their way: on one stream, and on all of a connection. */
const streamWindow = 262_144;
const sessionWindow = 1_048_576;

/**
 * Milliseconds of silence after which it is tried whether anything can still be said, after which the service is asked
 * whether it is there, and that it has to answer.
 */
const doubtMs = 400;
const silenceMs = 15_000;
const pingMs = 10_000;

/** A connection to a service that speaks HTTP/2 (RFC 9113), with prior knowledge or as agreed on by ALPN. */
export class Http2Session implements Contained {
  readonly scheme: "http" | "https";
  /** Monotonic milliseconds since which it carries nothing. */
  idleSince = 0;
  /** Of the other end; empty before it stands. */
  address = "";
  readonly #host: SessionHost;
  readonly #socket: Socket;
  readonly #streams = new Set<Http2Stream>();
  readonly #streamLimit: number;
  #session: ClientHttp2Session | undefined = undefined;
  #endOrder: EndOrder | undefined = undefined;
  #code: FailureCode = "ECONNRESET";
  #isReady = false;
  #isLeaving = false;
  #isGone = false;
  /** Streams above were not looked at by the service (RFC 9113 §6.8). */
  #lastStream = Number.POSITIVE_INFINITY;
  #heardAt = 0;
  #pingedAt = 0;
  /** Since it was heard of last, it was found to be able to speak. */
  #isTried = false;

  /** `taken`: addresses to which other connections go. */
  constructor(host: SessionHost, connector: Connector, streamLimit: number, taken: readonly string[]) {
    this.#host = host;
    this.#streamLimit = streamLimit;
    this.scheme = connector.readyEvent === "secureConnect" ? "https" : "http";
    this.#socket = connector.open(undefined, taken);
    this.#socket.once(
      connector.readyEvent,
      contained(this, () => this.#begin()),
    );
    this.#socket.on(
      "error",
      contained(this, (error: NodeJS.ErrnoException) => this.#end(this.#codeOf(error))),
    );
    this.#socket.on("close", this.#onClose);
  }

  #begin(): void {
    const socket = this.#socket;
    this.address = socket.remoteAddress ?? "";
    if (socket instanceof TLSSocket && socket.alpnProtocol !== "h2") {
      this.#end("noHttp2");
      return;
    }
    const session = connect(`${this.scheme}://gatewright.invalid`, {
      createConnection: () => socket,
      settings: { enablePush: false, initialWindowSize: streamWindow, maxHeaderListSize: 65_536 },
      // Node counts pairs of names and values, pseudo-fields among them.
      maxHeaderListPairs: 500,
      maxSessionMemory: 64,
    });
    this.#session = session;
    const onConnect = contained(this, (): void => {
      this.#endOrder = new EndOrder(session);
      session.setLocalWindowSize(sessionWindow);
    });
    const onGoaway = contained(this, (_code: number, lastStream: number): void => {
      this.#lastStream = lastStream;
      this.#leave();
    });
    const onError = contained(this, (error: NodeJS.ErrnoException): void => {
      this.#code = this.#codeOf(error);
    });
    session.on("connect", onConnect);
    // The preface of the service: before it came, nobody knows whether HTTP/2 is spoken there (RFC 9113 §3.4).
    session.on(
      "remoteSettings",
      contained(this, () => this.#onSettings()),
    );
    session.on("goaway", onGoaway);
    session.on("error", onError);
    session.on("close", this.#onClose);
  }

  readonly #onClose = contained(this, (): void => this.#end(this.#code));

  broke(error: unknown): void {
    logError("a connection to a service failed inside the gateway", error);
    this.#end("ECONNRESET");
  }

  /** What is said before its preface came is something else than HTTP/2. */
  #codeOf({ code, name }: NodeJS.ErrnoException): FailureCode {
    return code === "ERR_HTTP2_ERROR" && !this.#isReady ? "noHttp2" : (code ?? name);
  }

  #onSettings(): void {
    this.alive();
    if (this.#isGone || this.#isLeaving) return;
    if (this.#isReady) {
      this.#host.hasRoom(this);
      return;
    }
    this.#isReady = true;
    this.idleSince = this.#heardAt;
    this.#host.ready(this);
  }

  /** Whether one more request can be sent now. */
  get hasRoom(): boolean {
    const session = this.#session;
    if (!this.#isReady || this.#isLeaving || session === undefined || session.closed || session.destroyed) return false;
    return this.#streams.size < Math.min(this.#streamLimit, session.remoteSettings.maxConcurrentStreams ?? this.#streamLimit);
  }

  /** It has gone: what the requests came to that it carried is not known. */
  get isLost(): boolean {
    return this.#isGone || this.#session?.destroyed === true;
  }

  get count(): number {
    return this.#streams.size;
  }

  open(): Http2Stream {
    const stream = new Http2Stream(this);
    this.#streams.add(stream);
    return stream;
  }

  request(fields: OutgoingHttpHeaders, options: ClientSessionRequestOptions): ClientHttp2Stream {
    return this.#session!.request(fields, options);
  }

  /** Undefined once there is no connection to take care of. */
  get endOrder(): EndOrder | undefined {
    return this.#endOrder;
  }

  forget(stream: Http2Stream): void {
    if (!this.#streams.delete(stream) || this.#isGone) return;
    if (this.#streams.size === 0) {
      this.idleSince = clock.monotonic();
      // Node says goodbye and closes once nothing is under way.
      if (this.#isLeaving) this.#session?.close();
    }
    if (!this.#isLeaving) this.#host.hasRoom(this);
  }

  isRefused(stream: number | undefined): boolean {
    return stream !== undefined && stream > this.#lastStream;
  }

  /** The service broke the rules on one stream: nobody knows what else it thinks, so that others go elsewhere. */
  distrust(): void {
    this.#leave();
  }

  /** Something came from the service. */
  alive(): void {
    this.#heardAt = clock.monotonic();
    this.#pingedAt = 0;
    this.#isTried = false;
  }

  /** Asks a service that is silent whether it is still there; ends the connection where it does not answer. */
  look(now: number): void {
    const session = this.#session;
    if (session === undefined || session.destroyed || this.#streams.size === 0) return;
    if (this.#pingedAt > 0) {
      if (now - this.#pingedAt >= pingMs) this.#end("timeout");
      return;
    }
    const silence = now - this.#heardAt;
    if (silence >= silenceMs) this.#pingedAt = now;
    else if (this.#isTried || silence < doubtMs) return;
    this.#isTried = true;
    this.#tryOut(session);
  }

  /**
   * After a protocol error of the service nghttp2 has said so, and says and reads nothing more. Node tells nobody, and does
   * not see the end of the connection either: its requests would wait until they are too late, and so would all that
   * follow. Then a PING does not leave, though nothing waits in front of it.
   */
  #tryOut(session: ClientHttp2Session): void {
    const said = this.#socket.bytesWritten;
    const look = contained(this, (): void => {
      if (this.#isGone || this.#socket.bytesWritten !== said) return;
      for (const stream of this.#streams) if (stream.isHeldUp) return;
      for (const stream of this.#streams)
        if (stream.isUnsent) this.#lastStream = Math.min(this.#lastStream, (stream.id ?? 1) - 1);
      this.#end("invalidAnswer");
    });
    session.ping(this.#onPong);
    // Node writes at the end of the turn.
    const lookLater = contained(this, (): void => void setImmediate(look));
    setImmediate(lookLater);
  }

  readonly #onPong = contained(this, (error: Error | null): void => {
    if (error === null) this.alive();
  });

  /** Takes no more requests, and ends with the last one that it carries. */
  retire(): void {
    this.#leave();
    if (this.#streams.size === 0) this.destroy();
  }

  #leave(): void {
    if (this.#isLeaving) return;
    this.#isLeaving = true;
    this.#host.leaving(this);
  }

  destroy(): void {
    this.#end(this.#code);
  }

  /** The wait for it has been too long. */
  expire(): void {
    this.#end("connectTimeout");
  }

  #end(code: FailureCode): void {
    if (this.#isGone) return;
    this.#isGone = true;
    const session = this.#session;
    if (session !== undefined && !session.destroyed) session.destroy();
    this.#socket.destroy();
    this.#host.forget(this, code);
  }
}
