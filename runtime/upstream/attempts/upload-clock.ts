import type { Exchange } from "../../exchange/exchange.ts";
import type { HeaderList } from "../../fields/header-list.ts";
import { ClientFront } from "../../http/client-front.ts";
import type { ClientTransport } from "../../http/client-transport.ts";
import type { HttpExchange } from "../../http/http-exchange.ts";
import type { BodySink } from "../../http1/incoming-body.ts";
import type { Piece } from "../../http1/read-buffer.ts";
import { clock } from "../../life/clock.ts";

/** For a body that is to be sent on as it comes; undefined: there is none, or it is there. */
export function timeUpload(exchange: Exchange): UploadClock | undefined {
  // Every exchange of a running gateway is made by the server of `runtime/http`.
  const x = exchange as HttpExchange;
  if (!x.hasBody || x.body !== undefined) return undefined;
  const timed = new UploadClock(x.client);
  x.client = timed;
  return timed;
}

/** In front of a client: the time of a request in which it is the client that is waited for. */
class UploadClock extends ClientFront implements BodySink {
  #sink: BodySink | undefined = undefined;
  /** Since when the client is waited for, in monotonic milliseconds; undefined: it is not. */
  #since: number | undefined = undefined;
  #waited = 0;
  #isOver = false;

  constructor(client: ClientTransport) {
    super(client);
  }

  /** Milliseconds up to the end of the body, or of the wait for it: without those in which the service did not take more. */
  get waited(): number {
    return this.#waited + (this.#since === undefined ? 0 : clock.monotonic() - this.#since);
  }

  #stop(): void {
    this.#waited = this.waited;
    this.#since = undefined;
  }

  #end(): void {
    this.#stop();
    this.#isOver = true;
  }

  override readBody(sink: BodySink): void {
    this.#sink = sink;
    if (!this.#isOver) this.#since ??= clock.monotonic();
    super.readBody(this);
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
    if (!this.#isOver) this.#since ??= clock.monotonic();
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
