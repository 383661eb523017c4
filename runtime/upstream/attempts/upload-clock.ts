import type { Exchange } from "../../exchange/exchange.ts";
import type { HeaderList } from "../../fields/header-list.ts";
import { ClientFront } from "../../http/client-front.ts";
import type { ClientTransport } from "../../http/client-transport.ts";
import type { HttpExchange } from "../../http/http-exchange.ts";
import type { BodySink } from "../../http1/incoming-body.ts";
import type { Piece } from "../../http1/read-buffer.ts";
import type { Contained } from "../../life/boundary.ts";
import { clock } from "../../life/clock.ts";
import { type Timer, timers } from "../../life/timers.ts";

/** Milliseconds for which the client is waited for before its upload is a slow one. */
const slowMs = 1_000;

/** The body of a request that is sent on as it comes. */
export interface Upload {
  /** Milliseconds in which the client was waited for: without those in which the service did not take more. */
  readonly waited: number;
}

/** Who wants to hear of a slow upload. */
export interface UploadSink extends Contained {
  /** The client is waited for, and was for a second or more; it is not any more. */
  clientAwaited(isSo: boolean): void;
}

/** For a body that is to be sent on as it comes; undefined: there is none, or it is there. */
export function timeUpload(exchange: Exchange, slow?: UploadSink): Upload | undefined {
  // Every exchange of a running gateway is made by the server of `runtime/http`.
  const x = exchange as HttpExchange;
  if (!x.hasBody || x.body !== undefined) return undefined;
  const timed = new UploadClock(x.client, slow);
  x.client = timed;
  return timed;
}

/** In front of a client: the time of a request in which it is the client that is waited for. */
class UploadClock extends ClientFront implements BodySink, Upload {
  #sink: BodySink | undefined = undefined;
  readonly #slow: UploadSink | undefined;
  #patience: Timer | undefined = undefined;
  #isSlow = false;
  /** Since when the client is waited for, in monotonic milliseconds; undefined: it is not. */
  #since: number | undefined = undefined;
  #waited = 0;
  #isOver = false;

  constructor(client: ClientTransport, slow: UploadSink | undefined) {
    super(client);
    this.#slow = slow;
  }

  /** Up to the end of the body, or of the wait for it. */
  get waited(): number {
    return this.#waited + (this.#since === undefined ? 0 : clock.monotonic() - this.#since);
  }

  #begin(): void {
    if (this.#isOver || this.#since !== undefined) return;
    this.#since = clock.monotonic();
    if (this.#isSlow) this.#slow!.clientAwaited(true);
  }

  #stop(): void {
    const wasAwaited = this.#since !== undefined;
    this.#waited = this.waited;
    this.#since = undefined;
    if (wasAwaited && this.#isSlow) this.#slow!.clientAwaited(false);
  }

  #end(): void {
    this.#stop();
    this.#isOver = true;
    this.#patience?.cancel();
    this.#patience = undefined;
  }

  override readBody(sink: BodySink): void {
    this.#sink = sink;
    this.#begin();
    super.readBody(this);
    // Most bodies are there by now.
    if (this.#slow !== undefined && !this.#isOver) this.#watch(this.#slow, slowMs);
  }

  #watch(slow: UploadSink, ms: number): void {
    this.#patience = timers.after(ms, slow, () => {
      const left = slowMs - this.waited;
      if (left > 0) {
        // The service may be what takes its time: that is looked at now and then.
        this.#watch(slow, Math.max(left, slowMs / 4));
        return;
      }
      this.#isSlow = true;
      if (this.#since !== undefined) slow.clientAwaited(true);
    });
  }

  bodyPiece(piece: Piece): void {
    this.#sink!.bodyPiece(piece);
  }

  bodyBatch(): void {
    this.#sink!.bodyBatch();
  }

  bodyEnd(trailers: HeaderList | undefined): void {
    this.#end();
    this.#sink!.bodyEnd(trailers);
  }

  /** The service has to take what there is first. */
  override pauseBody(): void {
    this.#stop();
    super.pauseBody();
  }

  override resumeBody(): void {
    this.#begin();
    super.resumeBody();
  }

  override leaveBody(): void {
    this.#end();
    super.leaveBody();
  }

  /** The service did not wait for all of it. */
  override sendHead(status: number, headers: HeaderList, bodyLength: number | "unknown" | "none"): void {
    this.#end();
    super.sendHead(status, headers, bodyLength);
  }
}
