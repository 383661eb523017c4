import { ByteCollector } from "../body/byte-collector.ts";
import type { BodySink } from "../http1/incoming-body.ts";
import type { Piece } from "../http1/read-buffer.ts";
import { refuse } from "../problem.ts";
import type { Cancellable } from "./client-transport.ts";
import type { HttpExchange } from "./http-exchange.ts";

export const createBodyReader = (x: HttpExchange): BodyReader => new BodyReader(x);

/** Reads the whole body of a request for the policies that need it so. */
export class BodyReader implements BodySink, Cancellable {
  /** Set when the last byte was read. */
  whole: Uint8Array | undefined = undefined;
  readonly #x: HttpExchange;
  readonly #collector = new ByteCollector();
  #limit = 0;
  #settle: ((bytes: Uint8Array | undefined) => void) | undefined = undefined;

  constructor(x: HttpExchange) {
    this.#x = x;
  }

  read(limit: number): Promise<Uint8Array | undefined> {
    const x = this.#x;
    if (x.isDone) return Promise.resolve(undefined);
    if (this.whole === undefined && !x.hasBody) this.whole = this.#collector.bytes;
    const known = this.whole === undefined ? Math.max(x.head.contentLength, this.#collector.length) : this.whole.length;
    if (known > limit) {
      this.#refuse(limit);
      return Promise.resolve(undefined);
    }
    if (this.whole !== undefined) return Promise.resolve(this.whole);
    this.#limit = limit;
    return new Promise((resolve) => {
      this.#settle = resolve;
      x.pending = this;
      x.client.readBody(this);
    });
  }

  /** What was read of a body that is too large; for whoever streams it on, once. */
  takeBegun(): Buffer | undefined {
    if (this.whole !== undefined || this.#collector.length === 0) return undefined;
    const { bytes } = this.#collector;
    this.#collector.clear();
    return bytes;
  }

  bodyPiece(piece: Piece): void {
    const x = this.#x;
    x.bytesReceived += piece.length;
    this.#collector.add(this.#collector.length === 0 ? piece.held() : piece.buffer.subarray(piece.start, piece.end));
    if (this.#collector.length <= this.#limit || this.#settle === undefined) return;
    x.client.leaveBody();
    this.#refuse(this.#limit);
    this.#stop(undefined);
  }

  bodyBatch(): void {}

  bodyEnd(): void {
    if (this.#settle === undefined) return;
    this.whole = this.#collector.bytes;
    this.#stop(this.whole);
  }

  /** The client is gone. */
  cancel(): void {
    this.#collector.clear();
    this.#stop(undefined);
  }

  drained(): void {}

  #stop(bytes: Uint8Array | undefined): void {
    if (this.#x.pending === this) this.#x.pending = undefined;
    const settle = this.#settle;
    this.#settle = undefined;
    settle?.(bytes);
  }

  #refuse(limit: number): void {
    const detail = `At most ${limit} bytes are accepted.`;
    refuse(this.#x, {
      status: 413,
      slug: "content-too-large",
      title: "The request body is too large",
      detail,
      source: "gateway",
    });
  }
}
