import type { Exchange } from "../../exchange/exchange.ts";
import { writeEvent } from "../../log/log.ts";
import type { Attempt } from "./attempt.ts";
import { Breaker, type BreakerConfig, type BreakerState } from "./breaker.ts";
import type { Outcome } from "./outcome.ts";
import type { AttemptWatcher } from "./watcher.ts";

export interface BreakersConfig extends BreakerConfig {
  readonly service: string;
  /** Each operation that goes to the service has one of its own. */
  readonly perOperation: boolean;
}

export const createBreakers = (config: BreakersConfig): Breakers => new Breakers(config);

/** The breaker of a service, or those of its operations, of which there are as many as the gateway has. */
export class Breakers implements AttemptWatcher {
  readonly #config: BreakersConfig;
  /** By operation; all are under one key where they share a breaker. */
  readonly #known = new Map<string, Breaker>();

  constructor(config: BreakersConfig) {
    this.#config = config;
  }

  of(x: Exchange): Breaker {
    const { perOperation, service } = this.#config;
    const key = perOperation ? x.operation.id : "";
    let breaker = this.#known.get(key);
    if (breaker === undefined) {
      breaker = new Breaker(this.#config, (state) => {
        const level = state === "open" ? "warning" : "info";
        writeEvent(
          level,
          "breaker changed",
          { service, state, ...(perOperation ? { operation: key } : {}) },
          `${service} ${key}`,
        );
      });
      this.#known.set(key, breaker);
    }
    return breaker;
  }

  began(attempt: Attempt, x: Exchange): void {
    this.of(x).began(attempt);
  }

  ended(attempt: Attempt, outcome: Outcome, x: Exchange): void {
    this.of(x).ended(attempt, outcome);
  }

  /** `operation`: undefined where all share one. */
  states(): { readonly operation: string | undefined; readonly state: BreakerState; readonly opened: number }[] {
    return [...this.#known].map(([key, { state, opened }]) => ({ operation: key === "" ? undefined : key, state, opened }));
  }
}
