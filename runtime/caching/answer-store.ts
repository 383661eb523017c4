import type { StoredResource } from "./stored-answer.ts";

/** Where answers are kept. One in memory gives at once; others may take their time. */
export interface AnswerStore {
  /** It never rejects: what cannot be read is not there. */
  get(key: string): StoredResource | undefined | Promise<StoredResource | undefined>;
  /** `base`: the URI that the resource has, whoever asks for it. */
  put(key: string, base: string, resource: StoredResource): void;
  /** Drops all that is kept of a URI. */
  invalidate(base: string): void;
}
