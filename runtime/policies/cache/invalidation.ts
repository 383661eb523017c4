import type { AnswerSpace, AnswersIn } from "../../caching/answer-store.ts";
import type { PurgeAfter } from "../../caching/purging/purge-after.ts";
import type { Exchange } from "../../exchange/exchange.ts";
import type { Store } from "../../stores/store.ts";
import { dropChanged } from "./drop-changed.ts";

export interface InvalidationConfig {
  readonly store: Store;
  readonly answers: AnswersIn;
  /** What is purged beside the URI; null: nothing. */
  readonly purge: PurgeAfter | null;
}

export const createInvalidation = (config: InvalidationConfig): Invalidation => new Invalidation(config);

/** On operations whose answers are never kept, and which may change those that are. */
class Invalidation {
  readonly #space: AnswerSpace;
  readonly #purge: PurgeAfter | null;

  constructor({ store, answers, purge }: InvalidationConfig) {
    this.#space = answers.open(store);
    this.#space.changing?.();
    this.#purge = purge;
  }

  response(x: Exchange): void {
    if (dropChanged(this.#space, x)) this.#purge?.response(x);
    this.#purge?.strip(x.answer!.headers);
  }
}
