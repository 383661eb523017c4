import { clock } from "../../life/clock.ts";
import type { FailureCode } from "../answer-sink.ts";
import type { CarrierPoolFactory, PoolLimits, Waiter } from "../carrier.ts";
import type { Connector } from "../connector.ts";
import { Http2Pool } from "../http2/http2-pool.ts";
import type { Http2Session } from "../http2/http2-session.ts";
import { type WarmPool, Warmth } from "./warmth.ts";

export interface WarmHttp2PoolsConfig {
  /** Connections to each endpoint at least, in each worker. */
  readonly least: number;
  /** See `AgingPoolsConfig`; absent: as long as they stand. */
  readonly maxAge?: number;
}

/** For services that speak HTTP/2. */
export const createWarmHttp2Pools =
  ({ least, maxAge }: WarmHttp2PoolsConfig): CarrierPoolFactory =>
  (connector, limits) =>
    new WarmHttp2Pool(connector, limits, maxAge, least);

/** See `WarmOriginPool`. */
const youngMs = 1_000;

/** Milliseconds before the end of its age at which a connection is stood in for. */
const aheadMs = 2_500;

class WarmHttp2Pool extends Http2Pool implements WarmPool {
  readonly #warmth: Warmth;
  /** Of connections that stand: monotonic milliseconds since which. */
  readonly #since = new Map<Http2Session, number>();
  #isOver = false;

  constructor(connector: Connector, limits: PoolLimits, maxAge: number | undefined, least: number) {
    super(connector, limits, maxAge);
    const pool = this;
    this.#warmth = new Warmth(
      {
        get count() {
          return pool.usable.length + pool.opening.size;
        },
        get standing() {
          return pool.usable.length;
        },
        get hasSpare() {
          return pool.usable.some(({ hasRoom }) => hasRoom) || pool.opening.size * limits.streams > pool.counts.waiting;
        },
        get mayGrow() {
          return !pool.#isOver && pool.size < limits.connections;
        },
        get ending() {
          const now = clock.monotonic();
          const isEnding = (session: Http2Session): boolean =>
            (session.count === 0 && session.idleSince <= now - limits.idleMs / 2) || pool.ends.get(session)! <= now + aheadMs;
          return pool.usable.filter(isEnding).length;
        },
        openAhead: () => this.openOne(),
      },
      Math.min(least, limits.connections),
    );
  }

  get isWarm(): boolean {
    return this.#warmth.isWarm;
  }

  warm(isWanted: () => boolean): Promise<void> {
    return this.#warmth.begin(isWanted);
  }

  tend(): void {
    this.#warmth.tend();
  }

  override acquire(waiter: Waiter): void {
    super.acquire(waiter);
    this.#warmth.fill();
  }

  override ready(session: Http2Session): void {
    this.#since.set(session, clock.monotonic());
    super.ready(session);
    this.#warmth.opened();
  }

  override leaving(session: Http2Session): void {
    super.leaving(session);
    this.#warmth.fill();
  }

  override forget(session: Http2Session, code: FailureCode): void {
    const since = this.#since.get(session);
    this.#since.delete(session);
    // How one ends that has carried a request says nothing about the next.
    const isUnused = since !== undefined && session.count === 0 && session.idleSince <= since;
    if (this.opening.has(session) || (isUnused && clock.monotonic() - since < youngMs)) this.#warmth.failed();
    super.forget(session, code);
  }

  override close(): void {
    this.#isOver = true;
    super.close();
  }
}
