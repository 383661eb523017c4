import { CallFailure } from "../../../calls/failure.ts";
import { fieldIn } from "../field-in.ts";
import type { Listed } from "../member.ts";
import { integerIn } from "./answers.ts";
import { endpointsIn } from "./endpoint-value.ts";

/** Keys below a prefix at most: more than endpoints are believed. */
const mostKeys = 50_000;

/** The keys below a prefix with what they stand for, as they were at a revision. */
export class KeySet {
  readonly #endpoints = new Map<string, readonly Listed[]>();
  /** Of the store when the range was read; a watch goes on behind it. */
  readonly revision: bigint;
  /** The newest one at which a key below the prefix was written, as far as is known. */
  modified = 0n;

  constructor(revision: bigint) {
    this.revision = revision;
  }

  get size(): number {
    return this.#endpoints.size;
  }

  /** All endpoints, in the order of the keys: of two that say the same of one place, the last counts. */
  get listed(): readonly Listed[] {
    return [...this.#endpoints.values()].flat();
  }

  /** A `KeyValue` of a range or of an event. Throws where there are more than endpoints are believed. */
  put(pair: unknown): void {
    const { key, modified } = this.#read(pair);
    const value = fieldIn(pair, "value");
    this.#endpoints.set(key, endpointsIn(Buffer.from(typeof value === "string" ? value : "", "base64").toString("utf8")));
    if (modified > this.modified) this.modified = modified;
    if (this.size > mostKeys) throw new CallFailure("tooLarge", `etcd has more than ${mostKeys} keys below the prefix`);
  }

  /** An `Event` of a watch. */
  apply(event: unknown): void {
    const pair = fieldIn(event, "kv");
    if (fieldIn(event, "type") === "DELETE") this.#endpoints.delete(this.#read(pair).key);
    else this.put(pair);
  }

  #read(pair: unknown): { readonly key: string; readonly modified: bigint } {
    const key = fieldIn(pair, "key");
    if (typeof key !== "string") throw new Error("etcd answers with a key-value pair that has no key");
    return { key, modified: integerIn(pair, "mod_revision") };
  }
}
