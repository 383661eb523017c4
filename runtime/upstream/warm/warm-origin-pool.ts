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
  /** Of connections that stand and have not served: monotonic milliseconds since which. */
  readonly #fresh = new Map<OriginConnection, number>();
  /** Of those that stand, the ones that have carried a request. */
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
    super.acquire(waiter);
    this.#warmth.fill();
  }

  override release(connection: OriginConnection): void {
    const isNew = !this.#fresh.has(connection) && !this.#used.has(connection);
    if (!isNew) {
      this.#fresh.delete(connection);
      this.#used.add(connection);
      super.release(connection);
      return;
    }
    this.#fresh.set(connection, clock.monotonic());
    super.release(connection);
    // One that waits may be closed by the service meanwhile, as one may that has served.
    if (this.free.includes(connection)) connection.hasServed = true;
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
