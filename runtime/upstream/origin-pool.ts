import type { Socket } from "node:net";
import { clock } from "../clock.ts";
import { readInto } from "../http1/adopt-socket.ts";
import { ReadBuffers } from "../http1/read-buffer.ts";
import { ResponseHeadReader } from "../http1/response-head.ts";
import { type FailureCode, OriginConnection, type OriginHost } from "./origin-connection.ts";

/** Bounds of the connections to one endpoint, of one worker. */
export interface PoolLimits {
  readonly connections: number;
  /** Requests that wait for a connection. */
  readonly pending: number;
  /** Milliseconds until a connection stands. */
  readonly connectMs: number;
  /** Milliseconds that an unused connection is kept. */
  readonly idleMs: number;
}

/** Wants a connection. */
export interface Waiter {
  connected(connection: OriginConnection): void;
  failed(code: FailureCode): void;
}

/** Opens a socket; `readyEvent` of it says that bytes can be sent. */
export interface Connector {
  readonly readyEvent: "connect" | "secureConnect";
  open(onread: ReturnType<typeof readInto>): Socket;
}

/** What all pools of a service share. */
export class PoolParts {
  readonly buffers = new ReadBuffers();
  readonly heads = new ResponseHeadReader({ headBytes: 65_536, fieldLines: 500 });
}

/** Kept connections to one endpoint. The one that was used last is used first, so that few stay warm. */
export class OriginPool implements OriginHost {
  readonly buffers: ReadBuffers;
  readonly heads: ResponseHeadReader;
  readonly #connector: Connector;
  readonly #limits: PoolLimits;
  readonly #all = new Set<OriginConnection>();
  readonly #idle: OriginConnection[] = [];
  readonly #waiting: Waiter[] = [];
  #connecting = 0;
  #reaper: NodeJS.Timeout | undefined = undefined;
  #isClosed = false;

  constructor(parts: PoolParts, connector: Connector, limits: PoolLimits) {
    this.buffers = parts.buffers;
    this.heads = parts.heads;
    this.#connector = connector;
    this.#limits = limits;
  }

  /** Connections that stand or are being made. */
  get size(): number {
    return this.#all.size;
  }

  get idle(): number {
    return this.#idle.length;
  }

  /** Calls `connected` at once where a connection is idle. */
  acquire(waiter: Waiter): void {
    const idle = this.#idle.pop();
    if (idle !== undefined) {
      waiter.connected(idle);
      return;
    }
    if (this.#waiting.length - this.#connecting >= this.#limits.pending || this.#isClosed) {
      waiter.failed("poolFull");
      return;
    }
    this.#waiting.push(waiter);
    if (this.#connecting < this.#waiting.length && this.#all.size < this.#limits.connections) this.#open();
  }

  /** The waiter wants no connection any more. */
  leave(waiter: Waiter): void {
    const index = this.#waiting.indexOf(waiter);
    if (index >= 0) this.#waiting.splice(index, 1);
  }

  release(connection: OriginConnection): void {
    const waiter = this.#waiting.shift();
    if (waiter !== undefined) {
      waiter.connected(connection);
      return;
    }
    if (this.#isClosed) {
      connection.destroy();
      return;
    }
    connection.idleSince = clock.monotonic();
    this.#idle.push(connection);
    this.#reaper ??= setInterval(this.#reap, 1_000).unref();
  }

  forget(connection: OriginConnection): void {
    if (!this.#all.delete(connection)) return;
    const index = this.#idle.indexOf(connection);
    if (index >= 0) this.#idle.splice(index, 1);
    if (this.#connecting < this.#waiting.length && this.#all.size < this.#limits.connections) this.#open();
  }

  #open(): void {
    this.#connecting++;
    let isSettled = false;
    const connection = new OriginConnection(this, (opened) => {
      const socket = this.#connector.open(readInto(opened));
      socket.once(this.#connector.readyEvent, () => {
        isSettled = true;
        this.#connecting--;
        socket.setTimeout(0);
        this.release(opened);
      });
      socket.setTimeout(this.#limits.connectMs, () => fail("connectTimeout"));
      return socket;
    });
    const fail = (code: FailureCode): void => {
      if (isSettled) return;
      isSettled = true;
      this.#connecting--;
      // Before the connection is forgotten, which would open the next one for this waiter.
      const waiter = this.#waiting.shift();
      connection.destroy();
      waiter?.failed(code);
    };
    connection.onUnused = fail;
    this.#all.add(connection);
  }

  readonly #reap = (): void => {
    const oldest = clock.monotonic() - this.#limits.idleMs;
    // The bottom of the stack was used longest ago.
    while (this.#idle.length > 0 && this.#idle[0]!.idleSince <= oldest) this.#idle[0]!.destroy();
    if (this.#idle.length > 0) return;
    clearInterval(this.#reaper);
    this.#reaper = undefined;
  };

  close(): void {
    this.#isClosed = true;
    clearInterval(this.#reaper);
    for (const connection of [...this.#all]) connection.leave();
  }
}
