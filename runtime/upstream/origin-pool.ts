import { readInto } from "../http1/adopt-socket.ts";
import { ReadBuffers } from "../http1/read-buffer.ts";
import { ResponseHeadReader } from "../http1/response-head.ts";
import { contained, logged } from "../life/boundary.ts";
import { clock } from "../life/clock.ts";
import type { FailureCode } from "./answer-sink.ts";
import { type CarrierPool, type CarrierPoolFactory, deny, type PoolLimits, serve, type Waiter } from "./carrier.ts";
import type { Connector } from "./connector.ts";
import { OriginConnection, type OriginHost } from "./origin-connection.ts";
import { checkPeerNames } from "./peer-names.ts";

/** What all pools of a service share. */
export class PoolParts {
  readonly buffers = new ReadBuffers();
  readonly heads = new ResponseHeadReader({ headBytes: 65_536, fieldLines: 500 });

  constructor() {
    checkPeerNames();
  }
}

/** For services that speak HTTP/1.1. */
export function createOriginPools(): CarrierPoolFactory {
  const parts = new PoolParts();
  return (connector, limits) => new OriginPool(parts, connector, limits);
}

/** Milliseconds between looks at connections that nobody uses. */
const tick = 1_000;

/** Kept connections to one endpoint. The one that was used last is used first, so that few stay warm. */
export class OriginPool implements OriginHost, CarrierPool {
  readonly buffers: ReadBuffers;
  readonly heads: ResponseHeadReader;
  readonly #connector: Connector;
  readonly #limits: PoolLimits;
  readonly #all = new Set<OriginConnection>();
  /** Those of them that do not stand yet, and what ends the wait for each. */
  readonly #opening = new Map<OriginConnection, NodeJS.Timeout>();
  protected readonly free: OriginConnection[] = [];
  readonly #waiting: Waiter[] = [];
  #ticker: NodeJS.Timeout | undefined = undefined;
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
    return this.free.length;
  }

  /** Connections, idle ones among them, and requests that wait for one. */
  get counts(): { readonly connections: number; readonly idle: number; readonly opening: number; readonly waiting: number } {
    return {
      connections: this.#all.size,
      idle: this.free.length,
      opening: this.#opening.size,
      waiting: this.#waiting.length,
    };
  }

  acquire(waiter: Waiter): void {
    let idle = this.free.pop();
    // The service may be closing it; and so may it be with the others, which were used longer ago. Looks come late where a
    // process has much to do.
    if (idle !== undefined && idle.idleSince <= clock.monotonic() - this.#limits.idleMs) {
      idle.destroy();
      this.#dropUnused();
      idle = undefined;
    }
    this.buffers.turn.users = this.#all.size - this.free.length;
    if (idle !== undefined) {
      waiter.connected(idle);
      return;
    }
    if (this.#isClosed || this.#isLineFull) {
      waiter.failed("poolFull");
      return;
    }
    this.#waiting.push(waiter);
    this.#openWhereNeeded();
  }

  get isFull(): boolean {
    return this.free.length === 0 && this.#isLineFull;
  }

  get #isLineFull(): boolean {
    // A connection that is being opened is for the waiter in its place in the line: only the others are bounded.
    return !this.#mayOpen(1) && this.#waiting.length - this.#opening.size >= this.#limits.pending;
  }

  leave(waiter: Waiter): void {
    const index = this.#waiting.indexOf(waiter);
    if (index >= 0) this.#waiting.splice(index, 1);
  }

  release(connection: OriginConnection): void {
    if (this.#isClosed || connection.isRetired) {
      connection.destroy();
      return;
    }
    const waiter = this.#waiting.shift();
    if (waiter !== undefined) {
      serve(waiter, connection);
      return;
    }
    connection.idleSince = clock.monotonic();
    this.free.push(connection);
  }

  forget(connection: OriginConnection): void {
    if (!this.#all.delete(connection)) return;
    this.#opened(connection);
    const index = this.free.indexOf(connection);
    if (index >= 0) this.free.splice(index, 1);
    this.#openWhereNeeded();
  }

  /** Whether there is room for one more connection, and use for it once `more` requests wait. */
  #mayOpen(more: number): boolean {
    return !this.#isClosed && this.#opening.size < this.#waiting.length + more && this.#all.size < this.#limits.connections;
  }

  #openWhereNeeded(): void {
    if (this.#mayOpen(0)) this.open();
  }

  protected open(): void {
    const connection = new OriginConnection(this, (opened) => {
      const socket = this.#connector.open(readInto(opened));
      const onReady = contained(opened, (): void => {
        if (!this.#opened(opened)) return;
        opened.address = socket.remoteAddress ?? "";
        this.release(opened);
      });
      socket.once(this.#connector.readyEvent, onReady);
      return socket;
    });
    const fail = contained(connection, (code: FailureCode): void => {
      if (!this.#opened(connection)) return;
      this.#connector.failed();
      // Before the connection is forgotten, which would open the next one for this waiter. One that others are being
      // opened for goes on waiting.
      const waiter = this.#waiting.length > this.#opening.size ? this.#waiting.shift() : undefined;
      connection.destroy();
      if (waiter !== undefined) deny(waiter, code);
    });
    connection.onUnused = fail;
    this.#all.add(connection);
    this.#opening.set(connection, setTimeout(fail, this.#limits.connectMs, "connectTimeout"));
    this.#ticker ??= setInterval(this.#look, tick).unref();
  }

  /** The connection stands, or will not. False: that was known. */
  #opened(connection: OriginConnection): boolean {
    clearTimeout(this.#opening.get(connection));
    return this.#opening.delete(connection);
  }

  readonly #look = contained(logged("a look at idle connections failed"), (): void => {
    this.#dropUnused();
    this.#connector.look();
    if (this.#all.size > 0) return;
    clearInterval(this.#ticker);
    this.#ticker = undefined;
  });

  #dropUnused(): void {
    const oldest = clock.monotonic() - this.#limits.idleMs;
    // The bottom of the stack was used longest ago.
    while (this.free.length > 0 && this.free[0]!.idleSince <= oldest) this.free[0]!.destroy();
  }

  retire(isKept: (address: string) => boolean): void {
    for (const connection of [...this.#all]) {
      if (connection.address === "" || isKept(connection.address)) continue;
      connection.isRetired = true;
      if (this.free.includes(connection)) connection.destroy();
    }
  }

  close(): void {
    this.#isClosed = true;
    clearInterval(this.#ticker);
    this.#ticker = undefined;
    for (const connection of [...this.#all]) connection.leave();
    for (const waiter of this.#waiting.splice(0)) deny(waiter, "closed");
  }
}
