import { constants, type ServerHttp2Session, type ServerHttp2Stream } from "node:http2";
import type { Connection } from "../http/connection.ts";
import type { ClientPeer, ConnectionHost } from "../http/connection-host.ts";
import { dispatch } from "../http/dispatch.ts";
import type { HttpExchange } from "../http/http-exchange.ts";
import { logError } from "../http/log-error.ts";
import { contain, contained } from "../life/boundary.ts";
import type { FrameBudget } from "./frame-budget.ts";
import { readStreamHead } from "./stream-head.ts";
import { refuseStream, StreamTransport } from "./stream-transport.ts";

/** Milliseconds between looks at the deadlines of the streams, and at what came. */
const lookEvery = 1_000;

/** Milliseconds over which resets are counted. */
const resetSpan = 10_000;

interface Bounds {
  readonly maxConcurrentStreams: number;
  readonly budget: FrameBudget;
}

/** A client's connection that speaks HTTP/2 (RFC 9113): node:http2 has the frames, the streams are exchanges. */
export class Http2Connection implements Connection {
  deadline: number;
  readonly #session: ServerHttp2Session;
  readonly #host: ConnectionHost;
  readonly #peer: ClientPeer;
  readonly #streams = new Set<StreamTransport>();
  readonly #resetLimit: number;
  readonly #budget: FrameBudget;
  #resets = 0;
  #resetsSince = 0;
  /** Without streams: when it has been idle, or is closing, for too long. */
  #idleUntil: number;

  constructor(session: ServerHttp2Session, host: ConnectionHost, peer: ClientPeer, { maxConcurrentStreams, budget }: Bounds) {
    this.#session = session;
    this.#host = host;
    this.#peer = peer;
    this.#resetLimit = maxConcurrentStreams * 2;
    this.#budget = budget;
    this.#idleUntil = host.now + host.limits.idleMs;
    this.deadline = host.now + lookEvery;
    session.on("stream", this.#onStream);
    session.on("error", ignore);
    session.on("close", this.#onClose);
  }

  // Node gives the lines as they came as a fourth argument, which its types leave out.
  readonly #onStream = contained(
    this,
    (stream: ServerHttp2Stream, _fields: object, flags: number, ...[lines = []]: string[][]) => {
      const host = this.#host;
      if (host.state.isDraining) this.closeIdle();
      const isEnded = (flags & constants.NGHTTP2_FLAG_END_STREAM) !== 0;
      this.#budget.request(!isEnded);
      const head = readStreamHead(lines, isEnded, host.heads);
      if (typeof head === "string") {
        host.unread(this.#peer.peer, head);
        refuseStream(stream, head);
        return;
      }
      const transport = new StreamTransport(stream, host, isEnded, this.#budget, this.#onStreamClose);
      this.#streams.add(transport);
      try {
        const x = host.exchange(transport, head, this.#peer);
        transport.begin(x);
        dispatch(x);
      } catch (error) {
        contain(transport, error);
      }
    },
  );

  readonly #onStreamClose = (stream: StreamTransport, isReset: boolean): void => {
    const { now, limits } = this.#host;
    this.#streams.delete(stream);
    if (this.#streams.size === 0) this.#idleUntil = now + limits.idleMs;
    if (isReset) this.#countReset(now);
  };

  /** Begun and reset at once, requests would cost us much and the client little (CVE-2023-44487). */
  #countReset(now: number): void {
    if (now - this.#resetsSince > resetSpan) {
      this.#resetsSince = now;
      this.#resets = 0;
    }
    if (++this.#resets > this.#resetLimit) this.#calm();
  }

  /** RFC 9113 §10.5: the connection ends, whatever else it carries. Without an error Node says that all was well. */
  #calm(): void {
    this.#session.destroy(new Error("the client floods its connection"), constants.NGHTTP2_ENHANCE_YOUR_CALM);
  }

  get isIdle(): boolean {
    return this.#streams.size === 0;
  }

  readonly #onClose = contained(this, (): void => this.#host.forget(this));

  broke(error: unknown): void {
    logError("a connection of a client failed inside the gateway", error);
    this.abort();
  }

  expire(): void {
    const { now, limits } = this.#host;
    this.deadline = now + lookEvery;
    if (!this.#session.destroyed && !this.#budget.look()) {
      this.#calm();
      return;
    }
    if (this.#streams.size > 0) {
      for (const stream of this.#streams) {
        try {
          stream.look(now);
        } catch (error) {
          contain(stream, error);
        }
      }
      return;
    }
    if (now < this.#idleUntil) return;
    if (this.#session.closed) this.abort();
    else {
      this.#session.close();
      this.#idleUntil = now + limits.lingerMs;
    }
  }

  /**
   * Names the last stream that is served, so that a client sends again what comes behind it (RFC 9113 §6.8). A notice
   * ahead of that, as the RFC advises, is not to be had: after it Node's session takes no stream any more, and says so to
   * nobody.
   */
  closeIdle(): void {
    const session = this.#session;
    if (!session.destroyed && !session.closed) session.close();
  }

  inFlight(look: (x: HttpExchange) => void): void {
    for (const stream of this.#streams) {
      try {
        stream.inFlight(look);
      } catch (error) {
        contain(stream, error);
      }
    }
  }

  abort(): void {
    this.#session.destroy();
    // A session that was ended before may have nothing left to tell of.
    this.#host.forget(this);
  }
}

function ignore(): void {}
