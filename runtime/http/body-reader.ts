import { overload, refuse, refuseTooLarge } from "../answers/problem.ts";
import { ByteCollector } from "../body/byte-collector.ts";
import type { Hold } from "../body/hold.ts";
import type { BodySink } from "../http1/incoming-body.ts";
import type { Piece } from "../http1/read-buffer.ts";
import { holdOf } from "./body-hold.ts";
import type { Cancellable } from "./client-transport.ts";
import type { HttpExchange } from "./http-exchange.ts";

export const createBodyReader = (x: HttpExchange): BodyReader => new BodyReader(x);

/** Reads the whole body of a request for the policies that need it so. */
export class BodyReader implements BodySink, Cancellable {
  /** Set when the last byte was read. */
  whole: Uint8Array | undefined = undefined;
  readonly hold: Hold;
  readonly #x: HttpExchange;
  readonly #collector: ByteCollector;
  #limit = 0;
  #settle: ((bytes: Uint8Array | undefined) => void) | undefined = undefined;
  #isBegun: ((hasBytes: boolean | undefined) => void) | undefined = undefined;

  constructor(x: HttpExchange) {
    this.#x = x;
    this.hold = holdOf(x);
    this.#collector = new ByteCollector(this.hold, x.head.isChunked ? -1 : x.head.contentLength);
  }

  read(limit: number): Promise<Uint8Array | undefined> {
    const x = this.#x;
    if (x.isDone) return Promise.resolve(undefined);
    if (this.whole === undefined && !x.hasBody) this.whole = this.#collector.bytes;
    const known = this.whole === undefined ? Math.max(x.head.contentLength, this.#collector.length) : this.whole.length;
    if (known > limit) {
      refuseTooLarge(x, limit);
      return Promise.resolve(undefined);
    }
    if (this.whole !== undefined) return Promise.resolve(this.whole);
    if (x.head.contentLength - this.#collector.length > this.hold.left) {
      refuse(x, overload);
      return Promise.resolve(undefined);
    }
    this.#limit = limit;
    return new Promise((resolve) => {
      this.#settle = resolve;
      x.pending = this;
      x.client.readBody(this);
    });
  }

  begin(): Promise<boolean | undefined> {
    const x = this.#x;
    if (x.isDone) return Promise.resolve(undefined);
    if (!x.hasBody || this.whole !== undefined || this.#collector.length > 0)
      return Promise.resolve((this.whole ?? this.#collector).length > 0);
    return new Promise((resolve) => {
      this.#isBegun = resolve;
      x.pending = this;
      x.client.readBody(this);
    });
  }

  /** What was read of a body that is not held as a whole; for whoever streams it on, once. */
  takeBegun(): Buffer | undefined {
    if (this.whole !== undefined || this.#collector.length === 0) return undefined;
    const { bytes } = this.#collector;
    this.#collector.clear();
    return bytes;
  }

  /** Other bytes stand for the whole; whoever made them counts them. */
  replace(bytes: Uint8Array): void {
    this.#collector.clear();
    this.whole = bytes;
  }

  /** Nobody needs the bytes any more. */
  release(): void {
    this.whole = undefined;
    this.#collector.clear();
  }

  bodyPiece(piece: Piece): void {
    const x = this.#x;
    x.bytesReceived += piece.length;
    const hasRoom = this.#collector.add(piece.buffer, piece.start, piece.end);
    if (this.#isBegun !== undefined && piece.length > 0) {
      x.client.leaveBody();
      this.#stop(undefined);
      return;
    }
    if (this.#settle === undefined || (hasRoom && this.#collector.length <= this.#limit)) return;
    x.client.leaveBody();
    if (hasRoom) refuseTooLarge(x, this.#limit);
    else refuse(x, overload);
    this.#stop(undefined);
  }

  bodyBatch(): void {}

  bodyEnd(): void {
    if (this.#settle === undefined && this.#isBegun === undefined) return;
    this.whole = this.#collector.bytes;
    this.#stop(this.whole);
  }

  /** The client is gone. */
  cancel(): void {
    this.release();
    this.#stop(undefined);
  }

  drained(): void {}

  #stop(bytes: Uint8Array | undefined): void {
    if (this.#x.pending === this) this.#x.pending = undefined;
    const settle = this.#settle;
    const begun = this.#isBegun;
    this.#settle = this.#isBegun = undefined;
    settle?.(bytes);
    begun?.(this.#x.isDone ? undefined : this.#collector.length > 0);
  }
}
