import type { AnswerSpace } from "../answer-store.ts";

/** What is told of a change: see `AnswerSpace.onChange`. */
export type ChangeListener = (base: string | undefined) => void;

export const createChanges = (): Changes => new Changes();

/** What changes of answers that are warmed, for the one who warms them. */
export class Changes {
  declare readonly __resource: "caching";
  readonly #spaces = new Set<AnswerSpace>();
  readonly #listeners: ChangeListener[] = [];

  /** Several operations may have the same space: it is heard of once. */
  follow(space: AnswerSpace): void {
    if (this.#spaces.has(space)) return;
    this.#spaces.add(space);
    space.onChange((base) => {
      for (const listener of this.#listeners) listener(base);
    });
  }

  /** Where answers are kept that are warmed. */
  get spaces(): Iterable<AnswerSpace> {
    return this.#spaces;
  }

  subscribe(listener: ChangeListener): void {
    this.#listeners.push(listener);
  }
}
