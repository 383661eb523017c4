import { contained, logged } from "../../life/boundary.ts";
import { clock } from "../../life/clock.ts";
import type { FailureCode } from "../answer-sink.ts";
import { type CarrierPool, type CarrierPoolFactory, deny, type PoolLimits, serve, type Waiter } from "../carrier.ts";
import type { Connector } from "../connector.ts";
import { Http2Session, type SessionHost } from "./http2-session.ts";

/** For services that speak HTTP/2. */
export const http2Pool = (connector: Connector, limits: PoolLimits): CarrierPool => new Http2Pool(connector, limits);

export interface AgingPoolsConfig {
  /** Milliseconds after which a connection takes no more requests, give or take a tenth. */
  readonly maxAge: number;
}

/**
 * For services whose name stands for several addresses: a connection of HTTP/2 lives as long as there are requests, and an
 * address that came later would get none of them (envoy#7403). There is a connection to each address, and a request goes to the
 * one with the fewest.
 */
export const createAgingPools =
  ({ maxAge }: AgingPoolsConfig): CarrierPoolFactory =>
  (connector, limits) =>
    new Http2Pool(connector, limits, maxAge);

/** Milliseconds between looks at connections that are silent, and until another try where one could not be opened. */
const tick = 200;
const retryMs = 1_000;

/** Connections of HTTP/2 to one endpoint. Another one is opened where all have as many streams as they may. */
export class Http2Pool implements CarrierPool, SessionHost {
  readonly #connector: Connector;
  readonly #limits: PoolLimits;
  readonly #all = new Set<Http2Session>();
  /** Those of them that do not stand yet, and what ends the wait for each. */
  protected readonly opening = new Map<Http2Session, NodeJS.Timeout>();
  /** Those of them that take requests. */
  protected readonly usable: Http2Session[] = [];
  readonly #waiting: Waiter[] = [];
  #ticker: NodeJS.Timeout | undefined = undefined;
  /** Monotonic milliseconds: a connection could not be opened, and others serve meanwhile. */
  #pausedUntil = 0;
  #isClosed = false;
  readonly #maxAge: number;
  /** Monotonic milliseconds until which each connection takes requests. */
  protected readonly ends = new Map<Http2Session, number>();

  constructor(connector: Connector, limits: PoolLimits, maxAge = Number.POSITIVE_INFINITY) {
    this.#maxAge = maxAge;
    this.#connector = connector;
    this.#limits = limits;
  }

  /** Connections, requests that they carry, and requests that wait. */
  get counts(): { readonly connections: number; readonly streams: number; readonly waiting: number } {
    let streams = 0;
    for (const session of this.#all) streams += session.count;
    return { connections: this.#all.size, streams, waiting: this.#waiting.length };
  }

  get size(): number {
    return this.#all.size;
  }

  get idle(): number {
    return this.usable.filter(({ count }) => count === 0).length;
  }

  acquire(waiter: Waiter): void {
    const session = this.#waiting.length === 0 ? this.#withRoom() : undefined;
    if (session !== undefined) {
      if (this.#hasFewerThanAddresses()) this.openOne();
      waiter.connected(session.open());
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
    return this.#isLineFull && (this.#waiting.length > 0 || this.#withRoom() === undefined);
  }

  get #isLineFull(): boolean {
    // A connection that is being opened is for as many waiters as it may carry: only the others are bounded.
    const expected = this.opening.size * this.#limits.streams;
    return !this.#mayOpen(1) && this.#waiting.length - expected >= this.#limits.pending;
  }

  leave(waiter: Waiter): void {
    const index = this.#waiting.indexOf(waiter);
    if (index >= 0) this.#waiting.splice(index, 1);
  }

  #withRoom(): Http2Session | undefined {
    if (this.#maxAge === Number.POSITIVE_INFINITY) return this.usable.find((session) => session.hasRoom);
    let best: Http2Session | undefined;
    for (const session of this.usable) if (session.hasRoom && (best === undefined || session.count < best.count)) best = session;
    return best;
  }

  #hasFewerThanAddresses(): boolean {
    if (this.#maxAge === Number.POSITIVE_INFINITY || this.opening.size > 0 || this.#isPaused()) return false;
    return this.usable.length < Math.min(this.#connector.addresses, this.#limits.connections);
  }

  #isPaused(): boolean {
    return this.#pausedUntil > 0 && clock.monotonic() < this.#pausedUntil;
  }

  /** Whether there is room for one more connection, and use for it once `more` requests wait. */
  #mayOpen(more: number): boolean {
    return (
      !this.#isClosed &&
      this.opening.size * this.#limits.streams < this.#waiting.length + more &&
      this.#all.size < this.#limits.connections &&
      (this.#all.size === 0 || !this.#isPaused())
    );
  }

  #openWhereNeeded(): void {
    if (this.#mayOpen(0)) this.openOne();
  }

  protected openOne(): void {
    const taken = this.#maxAge === Number.POSITIVE_INFINITY ? [] : this.usable.map(({ address }) => address);
    const session = new Http2Session(this, this.#connector, this.#limits.streams, taken);
    this.#all.add(session);
    this.opening.set(
      session,
      setTimeout(
        contained(session, () => session.expire()),
        this.#limits.connectMs,
      ),
    );
    this.#ticker ??= setInterval(this.#look, tick).unref();
  }

  #opened(session: Http2Session): boolean {
    clearTimeout(this.opening.get(session));
    return this.opening.delete(session);
  }

  ready(session: Http2Session): void {
    if (!this.#opened(session)) return;
    this.usable.push(session);
    // Not all at once, where many were opened together.
    this.ends.set(session, clock.monotonic() + this.#maxAge * (0.9 + 0.2 * Math.random()));
    this.#serve(session);
  }

  hasRoom(session: Http2Session): void {
    this.#serve(session);
  }

  #serve(session: Http2Session): void {
    while (this.#waiting.length > 0 && session.hasRoom) serve(this.#waiting.shift()!, session.open());
    // The service allows fewer streams than were hoped for.
    this.#openWhereNeeded();
  }

  leaving(session: Http2Session): void {
    const index = this.usable.indexOf(session);
    if (index >= 0) this.usable.splice(index, 1);
    this.#openWhereNeeded();
  }

  forget(session: Http2Session, code: FailureCode): void {
    if (!this.#all.delete(session)) return;
    this.ends.delete(session);
    if (this.#opened(session)) {
      this.#connector.failed();
      if (this.#all.size > 0) this.#pausedUntil = clock.monotonic() + retryMs;
      else for (const waiter of this.#waiting.splice(0)) deny(waiter, code);
    }
    this.leaving(session);
  }

  readonly #look = contained(logged("a look at connections of HTTP/2 failed"), (): void => {
    const now = clock.monotonic();
    // Those too that take no more requests: what they still carry waits for the same service.
    for (const session of [...this.#all]) {
      if (this.opening.has(session)) continue;
      const isOld = (this.ends.get(session) ?? now + 1) <= now;
      if (isOld || (session.count === 0 && session.idleSince <= now - this.#limits.idleMs)) session.retire();
      else session.look(now);
    }
    this.#connector.look();
    this.#openWhereNeeded();
    if (this.#all.size > 0) return;
    clearInterval(this.#ticker);
    this.#ticker = undefined;
  });

  retire(isKept: (address: string) => boolean): void {
    for (const session of [...this.#all]) if (session.address !== "" && !isKept(session.address)) session.retire();
  }

  close(): void {
    this.#isClosed = true;
    clearInterval(this.#ticker);
    this.#ticker = undefined;
    for (const session of [...this.#all]) session.destroy();
    for (const waiter of this.#waiting.splice(0)) deny(waiter, "closed");
  }
}
