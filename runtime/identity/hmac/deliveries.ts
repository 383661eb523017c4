import type { Exchange, Rejection } from "../../exchange/exchange.ts";
import { type Given, isFailed, type ValueStore, type Values } from "../../stores/store.ts";

export interface DeliveriesConfig {
  readonly store: ValueStore;
  /** Of the gateway and the scheme. */
  readonly space: string;
  /** Milliseconds for which a delivery is remembered. */
  readonly lifeSpan: number;
}

export const createDeliveries = (config: DeliveriesConfig): Deliveries => new Deliveries(config);

/** Statuses below 500 that ask for another try: 408, 425 (RFC 8470 §5.2) and 429. */
const again: readonly number[] = [408, 425, 429];

/**
 * What was delivered once. A delivery is spent by a request that the service has taken: one that it failed, or that did not
 * reach it, may come again.
 */
export class Deliveries {
  declare readonly __made: true;
  readonly #values: Values;
  readonly #lifeSpan: number;
  readonly #begun = new WeakMap<Exchange, string>();

  constructor({ store, space, lifeSpan }: DeliveriesConfig) {
    this.#values = store.values(space);
    this.#lifeSpan = lifeSpan;
  }

  /** Undefined where it is the first one. */
  async begin(x: Exchange, delivery: string): Promise<Rejection | undefined> {
    const isFirst = await this.#values.add(delivery, "1", this.#lifeSpan);
    if (isFailed(isFirst))
      return { rejected: "unavailable", reason: "Whether this was delivered before cannot be told at the moment." };
    if (!isFirst) return { rejected: "invalid", reason: "This was delivered before, or is being delivered." };
    // The client has left meanwhile: `end` was, and the service gets nothing.
    if (x.isDone) {
      void settled(this.#values.delete(delivery));
      return { rejected: "invalid", reason: "The client is gone." };
    }
    this.#begun.set(x, delivery);
    return undefined;
  }

  end(x: Exchange): void {
    const delivery = this.#begun.get(x);
    if (delivery === undefined) return;
    this.#begun.delete(x);
    const isTaken = x.answer?.source === "service" && x.answer.status < 500 && !again.includes(x.answer.status);
    if (!isTaken) void settled(this.#values.delete(delivery));
  }
}

/** A store that fails says so, and does not throw; what is left behind there goes by itself. */
const settled = async (given: Given<true>): Promise<void> => void (await given);
