import type { Exchange } from "../../exchange/exchange.ts";
import { writeEvent } from "../../log/log.ts";
import type { Attempt } from "./attempt.ts";
import { Breaker, type BreakerConfig, type BreakerState, type OpenBreaker } from "./breaker.ts";
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
    return this.#named(this.#config.perOperation ? x.operation.id : "");
  }

  #named(key: string): Breaker {
    const { perOperation, service } = this.#config;
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

  /** Those that are not closed, by operation. */
  handOver(): { readonly [operation: string]: OpenBreaker } {
    return Object.fromEntries(
      [...this.#known].flatMap(([key, breaker]) => {
        const open = breaker.handOver();
        return open === undefined ? [] : [[key, open]];
      }),
    );
  }

  adopt(open: { readonly [operation: string]: OpenBreaker }): void {
    // Of a build where each operation had its own and now all share one, or the other way round, none would ever be closed.
    const isOurs = (key: string): boolean => (key !== "") === this.#config.perOperation;
    for (const [key, one] of Object.entries(open)) if (isOurs(key)) this.#named(key).adopt(one);
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
