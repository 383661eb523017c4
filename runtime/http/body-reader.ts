import { ByteCollector } from "../body/byte-collector.ts";
import { refuse } from "../problem.ts";
import type { Cancellable, NodeExchange } from "./node-exchange.ts";

/** Reads the whole body of a request for the policies that need it so. */
export class BodyReader implements Cancellable {
  /** Set when the last byte was read. */
  whole: Uint8Array | undefined = undefined;
  readonly #x: NodeExchange;
  readonly #collector = new ByteCollector();
  #limit = 0;
  #settle: ((bytes: Uint8Array | undefined) => void) | undefined = undefined;

  constructor(x: NodeExchange) {
    this.#x = x;
  }

  read(limit: number): Promise<Uint8Array | undefined> {
    const x = this.#x;
    if (x.isDone) return Promise.resolve(undefined);
    if (this.whole === undefined && !x.fields.hasBody) this.whole = this.#collector.bytes;
    const known = this.whole === undefined ? Math.max(x.fields.contentLength, this.#collector.length) : this.whole.length;
    if (known > limit) {
      this.#refuse(limit);
      return Promise.resolve(undefined);
    }
    if (this.whole !== undefined) return Promise.resolve(this.whole);
    this.#limit = limit;
    return new Promise((resolve) => {
      this.#settle = resolve;
      x.pending = this;
      const { request } = x;
      request.on("data", this.#onData);
      request.on("end", this.#onEnd);
      if (x.awaitsContinue) {
        x.awaitsContinue = false;
        x.response.writeContinue();
      }
      request.resume();
    });
  }

  /** What was read of a body that is too large; for whoever streams it on, once. */
  takeBegun(): Uint8Array | undefined {
    if (this.whole !== undefined || this.#collector.length === 0) return undefined;
    const { bytes } = this.#collector;
    this.#collector.clear();
    return bytes;
  }

  /** The client is gone. */
  cancel(): void {
    this.#collector.clear();
    this.#stop(undefined);
  }

  #stop(bytes: Uint8Array | undefined): void {
    const { request } = this.#x;
    request.off("data", this.#onData);
    request.off("end", this.#onEnd);
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

  readonly #onData = (chunk: Buffer): void => {
    const x = this.#x;
    x.bytesReceived += chunk.length;
    this.#collector.add(chunk);
    if (this.#collector.length <= this.#limit) return;
    x.request.pause();
    this.#refuse(this.#limit);
    this.#stop(undefined);
  };

  readonly #onEnd = (): void => {
    this.whole = this.#collector.bytes;
    this.#stop(this.whole);
  };
}
