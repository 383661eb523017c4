import type { Socket } from "node:net";
import type { Connection } from "../http/connection.ts";
import type { EntranceHost } from "../http/entrance.ts";
import { logError } from "../http/log-error.ts";
import { contained } from "../life/boundary.ts";

/** Reads a connection until its first bytes say what it is. */
export class FirstBytes implements Connection {
  readonly deadline: number;
  readonly #socket: Socket;
  readonly #host: EntranceHost;
  readonly #look: (bytes: Buffer) => (() => void) | undefined;
  #bytes: Buffer;

  /** `look` gives what happens next, or undefined where it needs more bytes. */
  constructor(
    socket: Socket,
    host: EntranceHost,
    milliseconds: number,
    begun: Buffer,
    look: (bytes: Buffer) => (() => void) | undefined,
  ) {
    this.#socket = socket;
    this.#host = host;
    this.#look = look;
    this.#bytes = begun;
    this.deadline = host.now + milliseconds;
    host.add(this);
    socket.on("data", this.#onData);
    socket.on("end", this.#onEnd);
    socket.on("close", this.#onClose);
    socket.on("error", ignore);
    if (!this.#tryOut()) socket.resume();
  }

  #tryOut(): boolean {
    const next = this.#bytes.length === 0 ? undefined : this.#look(this.#bytes);
    if (next === undefined) return false;
    const socket = this.#socket;
    socket.pause();
    socket.off("data", this.#onData);
    socket.off("end", this.#onEnd);
    socket.off("close", this.#onClose);
    // Not within the read: the socket is about to lose its handle.
    const goOn = contained(this, (): void => {
      // The server must never be without both: one that drains would take itself for empty.
      next();
      socket.off("error", ignore);
      this.#host.forget(this);
    });
    process.nextTick(goOn);
    return true;
  }

  readonly #onData = contained(this, (bytes: Buffer): void => {
    this.#bytes = this.#bytes.length === 0 ? bytes : Buffer.concat([this.#bytes, bytes]);
    this.#tryOut();
  });

  readonly #onEnd = contained(this, (): void => void this.#socket.destroy());

  readonly #onClose = contained(this, (): void => this.#host.forget(this));

  broke(error: unknown): void {
    logError("a connection of a client failed before its first request", error);
    this.#socket.destroy();
    this.#host.forget(this);
  }

  get isIdle(): boolean {
    return this.#bytes.length === 0;
  }

  expire(): void {
    this.#socket.destroy();
  }

  /** Nothing was asked yet; a client that is about to is served. */
  closeIdle(): void {
    if (this.isIdle) this.#socket.destroy();
  }

  abort(): void {
    this.#socket.destroy();
  }
}

function ignore(): void {}
