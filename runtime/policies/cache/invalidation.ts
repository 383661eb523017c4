import type { PurgeAfter } from "../../caching/purging/purge-after.ts";
import type { Exchange } from "../../exchange/exchange.ts";
import type { SharingStore } from "../../stores/store.ts";
import { type AnswerSpace, answersIn } from "./answers-in.ts";
import { dropChanged } from "./drop-changed.ts";

export interface InvalidationConfig {
  readonly store: SharingStore;
  /** What is purged beside the URI; null: nothing. */
  readonly purge: PurgeAfter | null;
}

export const createInvalidation = (config: InvalidationConfig): Invalidation => new Invalidation(config);

/** On operations whose answers are never kept, and which may change those that are. */
class Invalidation {
  readonly #space: AnswerSpace;
  readonly #purge: PurgeAfter | null;

  constructor({ store, purge }: InvalidationConfig) {
    this.#space = answersIn(store);
    this.#purge = purge;
  }

  response(x: Exchange): void {
    if (dropChanged(this.#space, x)) this.#purge?.response(x);
    this.#purge?.strip(x.answer!.headers);
  }
}
