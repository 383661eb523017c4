import type { SharingStore } from "../stores/store.ts";
import type { AnswerSpace, AnswersIn } from "./answer-store.ts";
import type { StoreFigures } from "./cache-counts.ts";
import { MemoryAnswers } from "./memory-answers.ts";

/** Answers in the memory of each process. */
export const createMemorySpaces = (): AnswersIn => ({
  __made: true,
  open(given) {
    // Which kind of store it is was settled when the gateway was built.
    const store = given as SharingStore;
    return store.shared("answers", (maxBytes) => new MemorySpace(store, maxBytes));
  },
});

/** Each process keeps answers of its own; what one learns of a change, all learn. */
class MemorySpace implements AnswerSpace {
  readonly answers: MemoryAnswers;
  readonly maxBytes = Number.POSITIVE_INFINITY;
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
    return this.#telling === asking ? { name: this.#name, memory: this.answers.figures } : undefined;
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
