import { keptText } from "../exchange/kept-text.ts";
import type { FetchPlan } from "./answer-cache.ts";
import type { AnswerStore } from "./answer-store.ts";
import type { MemoryFigures } from "./cache-counts.ts";
import { S3Fifo } from "./s3-fifo.ts";
import { type StoredAnswer, type StoredResource, sizeOf, sizeOfContent, withVariant } from "./stored-answer.ts";
import { Takers } from "./takers.ts";

interface Kept {
  readonly base: string;
  readonly resource: StoredResource;
  hasLeft: boolean;
}

/** Answers in the memory of this process. */
export class MemoryAnswers implements AnswerStore {
  readonly readsBase = false;
  readonly #kept: S3Fifo<Kept>;
  /** Keys by their URI. */
  readonly #keys = new Map<string, Set<string>>();

  constructor(maxBytes: number) {
    this.#kept = new S3Fifo(maxBytes, (key, kept) => this.#left(key, kept));
  }

  get figures(): MemoryFigures {
    return { bytes: this.#kept.bytes, resources: this.#kept.count, evicted: this.#kept.evicted };
  }

  get(key: string): StoredResource | undefined {
    return this.#kept.get(key)?.resource;
  }

  put(sentKey: string, sentBase: string, resource: StoredResource): void {
    // What they were made of would stay with them.
    const [key, base] = [keptText(sentKey), keptText(sentBase)];
    const kept: Kept = { base, resource, hasLeft: false };
    const size = (): number => sizeOf(resource, key) + base.length;
    // Ahead of what it takes the place of, which may be the same answers.
    for (const answer of resource.variants) (answer.takers ??= new Takers()).kept();
    if (!this.#kept.put(key, kept, size())) {
      if (!kept.hasLeft) leave(kept);
      return;
    }
    for (const answer of resource.variants)
      answer.grown = () => {
        if (this.#kept.resize(key, kept, size())) return true;
        answer.coded = undefined;
        return false;
      };
    const keys = this.#keys.get(base);
    if (keys === undefined) this.#keys.set(base, new Set([key]));
    else keys.add(key);
  }

  add({ key, base }: FetchPlan, answer: StoredAnswer): void {
    this.put(key, base, withVariant(this.get(key), answer));
  }

  invalidate(base: string): void {
    for (const key of [...(this.#keys.get(base) ?? [])]) this.#kept.delete(key);
  }

  delete(key: string): void {
    this.#kept.delete(key);
  }

  clear(): void {
    this.#kept.clear();
  }

  #left(key: string, kept: Kept): void {
    const { base } = kept;
    leave(kept);
    const keys = this.#keys.get(base);
    keys?.delete(key);
    if (keys?.size === 0) this.#keys.delete(base);
  }
}

function leave(kept: Kept): void {
  kept.hasLeft = true;
  for (const answer of kept.resource.variants) answer.takers!.left(sizeOfContent(answer));
}
