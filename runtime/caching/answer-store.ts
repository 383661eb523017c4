import type { Failed, Store } from "../stores/store.ts";
import type { FetchPlan } from "./answer-cache.ts";
import type { StoreFigures } from "./cache-counts.ts";
import type { Leads } from "./leads.ts";
import type { StoredAnswer, StoredResource } from "./stored-answer.ts";

/** Where answers are kept. One in memory gives at once; others may take their time. */
export interface AnswerStore {
  /** `base` is read: who asks has to make it. */
  readonly readsBase: boolean;
  /** It never rejects: what cannot be read is not there. `Failed`: nobody knows whether it is. */
  get(key: string, base: string): Kept | Promise<Kept>;
  /** What was fetched by a plan, beside the answers to requests that differ in what `Vary` names. */
  add(plan: FetchPlan, answer: StoredAnswer): void;
}

export type Kept = StoredResource | Failed | undefined;

/** The answers in a store, and what changes them. */
export interface AnswerSpace {
  readonly answers: AnswerStore;
  /** Other processes keep their answers there too: before each fetch it is asked whether one of them is at it. */
  readonly leads?: Leads;
  /** Most bytes of a body that there is room for. */
  readonly maxBytes: number;
  /** What it takes of the memory of the process, and what waits to be told, for metrics: to the first of those that ask for it. */
  figures?(asking: object): StoreFigures | undefined;
  /** Something has changed what a URI names, here or in another process; undefined: it may be any. */
  onChange(listener: (base: string | undefined) => void): void;
  /** Requests of this process may change what is kept: of it, others want to know what became of it. */
  changing?(): void;
  /**
   * Of a store that tells nobody of changes: a mark that is another one whenever what is kept of the URI has been dropped; null: nothing
   * is kept of it.
   */
  markOf?(base: string): Promise<string | null | Failed>;
  /** `base`: the URI that the resource has, whoever asks for it. All that is kept of it is dropped. */
  changed(base: string): void;
}

/** Opens the answers of a kind of store: brought along by who uses them, so that no other gateway has it. */
export interface AnswersIn {
  readonly __made: true;
  /** One space for all who use the store in the same way. */
  open(store: Store): AnswerSpace;
}
