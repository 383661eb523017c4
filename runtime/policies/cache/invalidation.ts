import type { Exchange } from "../../exchange/exchange.ts";
import type { SharingStore } from "../../stores/store.ts";
import { type AnswerSpace, answersIn } from "./answers-in.ts";
import { dropChanged } from "./drop-changed.ts";

export interface InvalidationConfig {
  readonly store: SharingStore;
}

export const createInvalidation = (config: InvalidationConfig): Invalidation => new Invalidation(config);

/** On operations whose answers are never kept, and which may change those that are. */
class Invalidation {
  readonly #space: AnswerSpace;

  constructor({ store }: InvalidationConfig) {
    this.#space = answersIn(store);
  }

  response(x: Exchange): void {
    dropChanged(this.#space, x);
  }
}
