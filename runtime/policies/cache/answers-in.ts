import type { AnswerStore } from "../../caching/answer-store.ts";
import type { StoreFigures } from "../../caching/cache-counts.ts";
import { MemoryAnswers } from "../../caching/memory-answers.ts";
import type { SharingStore } from "../../stores/store.ts";

/** The answers in a store, and what changes them. */
export interface AnswerSpace {
  readonly answers: AnswerStore;
  /** What it takes, for metrics: to the first of those that ask for it. */
  figures(asking: object): StoreFigures | undefined;
  /** Something has changed what a URI names, here or in another process; undefined: it may be any. */
  onChange(listener: (base: string | undefined) => void): void;
  changed(base: string): void;
}

/** One space for all caches of a store. */
export const answersIn = (store: SharingStore): AnswerSpace =>
  store.shared("answers", (maxBytes) => new MemorySpace(store, maxBytes));

/** Each process keeps answers of its own; what one learns of a change, all learn. */
class MemorySpace implements AnswerSpace {
  readonly answers: MemoryAnswers;
  readonly #listeners: ((base: string | undefined) => void)[] = [];
  readonly #messages: ReturnType<SharingStore["messages"]>;
  readonly #name: string;
  #telling: object | undefined = undefined;

  constructor(store: SharingStore, maxBytes: number) {
    this.#name = store.name.replace(/^stores\./, "");
    this.answers = new MemoryAnswers(maxBytes);
    this.#messages = store.messages("changed answers");
    this.#messages.subscribe(
      (base) => this.#drop(String(base)),
      () => this.#drop(undefined),
    );
  }

  figures(asking: object): StoreFigures | undefined {
    this.#telling ??= asking;
    return this.#telling === asking ? { name: this.#name, ...this.answers.figures } : undefined;
  }

  onChange(listener: (base: string | undefined) => void): void {
    this.#listeners.push(listener);
  }

  changed(base: string): void {
    this.#drop(base);
    this.#messages.publish(base);
  }

  #drop(base: string | undefined): void {
    for (const listener of this.#listeners) listener(base);
    if (base === undefined) this.answers.clear();
    else this.answers.invalidate(base);
  }
}
