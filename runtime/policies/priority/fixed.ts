import type { Exchange } from "../../exchange/exchange.ts";
import type { Priority } from "../../overload/priority.ts";

export interface FixedPriorityConfig {
  readonly class: Priority;
}

export const createFixedPriority = (config: FixedPriorityConfig): FixedPriority => new FixedPriority(config);

/** One class for every request. */
class FixedPriority {
  readonly #class: Priority;

  constructor(config: FixedPriorityConfig) {
    this.#class = config.class;
  }

  request(x: Exchange): void {
    x.priority = this.#class;
  }
}
