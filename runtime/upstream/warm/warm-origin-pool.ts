import { clock } from "../../life/clock.ts";
import type { CarrierPoolFactory, PoolLimits, Waiter } from "../carrier.ts";
import type { Connector } from "../connector.ts";
import type { OriginConnection } from "../origin-connection.ts";
import { OriginPool, PoolParts } from "../origin-pool.ts";
import { type WarmPool, Warmth } from "./warmth.ts";

export interface WarmPoolsConfig {
  /** Connections to each endpoint at least, in each worker. */
  readonly least: number;
}

/** For services that speak HTTP/1.1. */
export function createWarmPools({ least }: WarmPoolsConfig): CarrierPoolFactory {
  const parts = new PoolParts();
  return (connector, limits) => new WarmOriginPool(parts, connector, limits, least);
}

/** Milliseconds: a connection that the service closes before, without having served, is one that it does not want. */
const youngMs = 1_000;

export class WarmOriginPool extends OriginPool implements WarmPool {
  readonly #warmth: Warmth;
  /** Of connections that stand and have not been of use: monotonic milliseconds since which. */
  readonly #fresh = new Map<OriginConnection, number>();
  /** Of those that stand, the ones that were given to a request: how they end says nothing about the next. */
  readonly #used = new Set<OriginConnection>();
  #isOver = false;

  constructor(parts: PoolParts, connector: Connector, limits: PoolLimits, least: number) {
    const failed = (): void => {
      connector.failed();
      this.#warmth.failed();
    };
    super(
      parts,
      {
        readyEvent: connector.readyEvent,
        get addresses() {
          return connector.addresses;
        },
        open: (onread, taken) => connector.open(onread, taken),
        look: () => connector.look(),
        failed,
        leave: () => connector.leave(),
      },
      limits,
    );
    const pool = this;
    this.#warmth = new Warmth(
      {
        get count() {
          return pool.size;
        },
        get standing() {
          return pool.#fresh.size + pool.#used.size;
        },
        get hasSpare() {
          const { idle, opening, waiting } = pool.counts;
          return idle + opening > waiting;
        },
        get mayGrow() {
          return !pool.#isOver && pool.size < limits.connections;
        },
        get ending() {
          const latest = clock.monotonic() - limits.idleMs / 2;
          return pool.free.filter(({ idleSince }) => idleSince <= latest).length;
        },
        openAhead: () => this.open(),
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
    // The one that is given out. A service that closes behind each answer, or a client that leaves, does not turn us away.
    const next = this.free.at(-1);
    if (next !== undefined && this.#fresh.delete(next)) this.#used.add(next);
    super.acquire(waiter);
    this.#warmth.fill();
  }

  override release(connection: OriginConnection): void {
    const isNew = !this.#fresh.has(connection) && !this.#used.has(connection);
    if (!isNew) {
      super.release(connection);
      return;
    }
    const isAwaited = this.counts.waiting > 0;
    if (isAwaited) this.#used.add(connection);
    else this.#fresh.set(connection, clock.monotonic());
    super.release(connection);
    // One that waits may be closed by the service meanwhile, as one may that has served.
    if (!isAwaited) connection.hasServed = true;
    this.#warmth.opened();
  }

  override forget(connection: OriginConnection): void {
    const since = this.#fresh.get(connection);
    this.#fresh.delete(connection);
    this.#used.delete(connection);
    if (since !== undefined && clock.monotonic() - since < youngMs) this.#warmth.failed();
    super.forget(connection);
    this.#warmth.fill();
  }

  override close(): void {
    this.#isOver = true;
    super.close();
  }
}
