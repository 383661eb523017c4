import type { AnswerSpace, AnswersIn } from "../../caching/answer-store.ts";
import type { Exchange } from "../../exchange/exchange.ts";
import type { Store } from "../../stores/store.ts";
import { dropChanged } from "./drop-changed.ts";

export interface InvalidationConfig {
  readonly store: Store;
  readonly answers: AnswersIn;
}

export const createInvalidation = (config: InvalidationConfig): Invalidation => new Invalidation(config);

/** On operations whose answers are never kept, and which may change those that are. */
class Invalidation {
  readonly #space: AnswerSpace;

  constructor({ store, answers }: InvalidationConfig) {
    this.#space = answers.open(store);
  }

  response(x: Exchange): void {
    dropChanged(this.#space, x);
  }
}
