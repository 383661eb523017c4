// By default import, so that an old Node can say that it is too old: see `process/node-version.ts`.
import crypto from "node:crypto";
import { type Failed, isFailed, type RecordChanges, type Records, type RecordsVersion } from "../store.ts";
import type { Caller, CallFailed } from "./caller.ts";
import { recordsScript } from "./scripts/records.ts";

/** Most changes of one answer: a server does nothing else meanwhile. */
const most = 1000;

/** Records in a server that several instances share. */
export class RedisRecords implements Records {
  readonly #caller: Caller;
  readonly #keys: readonly [string, string, string, string];
  readonly #digest = crypto.hash("sha1", recordsScript, "hex");

  /** `before`: what the keys of the space begin with, which puts them into one slot of a cluster. */
  constructor(before: string, caller: Caller) {
    this.#caller = caller;
    this.#keys = [`${before}:r1`, `${before}:r1:log`, `${before}:r1:ends`, `${before}:r1:meta`];
  }

  async put(key: string, value: string, lifeSpan: number, atMost: number): Promise<boolean | Failed> {
    const span = lifeSpan === Number.POSITIVE_INFINITY ? 0 : Math.max(1, Math.ceil(lifeSpan));
    const reply = await this.#run("put", key, crypto.randomUUID(), value, String(span), String(atMost));
    return isFailed(reply) ? reply : reply === 1;
  }

  async remove(key: string): Promise<boolean | Failed> {
    const reply = await this.#run("remove", key, crypto.randomUUID());
    return isFailed(reply) ? reply : reply === 1;
  }

  async changes(since: RecordsVersion | undefined): Promise<RecordChanges | Failed> {
    const reply = await this.#run("changes", since?.era ?? "", String(since?.version ?? 0), String(most));
    if (isFailed(reply)) return reply;
    const [era, version, count, damaged, ...texts] = reply as [string, string, number, 0 | 1, ...string[]];
    const changed = Array.from({ length: count }, (_none, index) => {
      const kept = texts[index * 2 + 1]!;
      const value = kept.slice(kept.indexOf(" ") + 1);
      return [texts[index * 2]!, value === "" ? null : value] as const;
    });
    return { era, version: Number(version), changed, isPart: count === most, isDamaged: damaged === 1 };
  }

  async #run(...args: readonly string[]): Promise<unknown> {
    const [first] = this.#keys;
    const reply = await this.#caller.call(first, "evalsha", [this.#digest, "4", ...this.#keys, ...args]);
    // The server did nothing, as it does not know the script.
    if (!isFailed(reply) || (reply as CallFailed).code !== "NOSCRIPT") return reply;
    return this.#caller.call(first, "eval", [recordsScript, "4", ...this.#keys, ...args]);
  }
}
