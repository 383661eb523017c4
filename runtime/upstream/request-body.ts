import { EventEmitter } from "node:events";
import type { NodeExchange } from "../http/node-exchange.ts";

/**
 * The client's body in the form in which undici takes streams. It stands between the two connections: undici destroys
 * the streams it is given when a request to a service fails, and the client's connection must outlive that.
 *
 * Nothing is read before undici has a connection and asks for data.
 */
export class RequestBody extends EventEmitter {
  readonly #x: NodeExchange;
  readonly #onTooLarge: () => void;
  #isStarted = false;
  #isEnded = false;
  #isPaused = false;
  destroyed = false;

  constructor(x: NodeExchange, onTooLarge: () => void) {
    super();
    this.#x = x;
    this.#onTooLarge = onTooLarge;
  }

  /** Whether bytes were asked for: from then on the request cannot be sent again. */
  get isStarted(): boolean {
    return this.#isStarted;
  }

  /** Marks this as a stream for undici, which never calls it. */
  pipe(): never {
    throw new Error("a request body is read through events");
  }

  resume(): this {
    if (this.destroyed) return this;
    const { request } = this.#x;
    this.#isPaused = false;
    if (!this.#isStarted) {
      this.#isStarted = true;
      request.on("data", this.#onData);
      request.on("end", this.#onEnd);
      if (this.#x.awaitsContinue) {
        this.#x.awaitsContinue = false;
        this.#x.response.writeContinue();
      }
      // What a policy read before it gave up on the body as a whole.
      const begun = this.#x.bodyReader?.takeBegun();
      if (begun !== undefined) this.emit("data", begun);
    }
    if (!this.#isPaused) request.resume();
    return this;
  }

  pause(): this {
    this.#isPaused = true;
    if (!this.destroyed) this.#x.request.pause();
    return this;
  }

  /** Lets go of the client's request, which is left as it is. */
  destroy(): this {
    if (this.destroyed) return this;
    this.destroyed = true;
    const { request } = this.#x;
    request.off("data", this.#onData);
    request.off("end", this.#onEnd);
    if (this.#isStarted && !this.#isEnded && !request.destroyed) request.pause();
    return this;
  }

  readonly #onData = (chunk: Buffer): void => {
    const x = this.#x;
    x.bytesReceived += chunk.length;
    if (x.bytesReceived > x.maxBodyBytes) this.#onTooLarge();
    else this.emit("data", chunk);
  };

  readonly #onEnd = (): void => {
    this.#isEnded = true;
    this.emit("end");
  };
}
