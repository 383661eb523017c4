import { LocalCounters } from "../memory/local-counters.ts";
import type { LimitConfig, LocalShare, Taken } from "../store.ts";
import { Presence } from "./presence.ts";

export const createLocalShare = (): LocalShare => ({
  __made: true,
  presence: (caller, prefix) => new Presence(caller, prefix),
  counters: (limit, presence) => new ShareCounters(limit, presence),
});

/** What a process counts by itself while the store fails: its share of the limit, among those that were there last. */
class ShareCounters {
  readonly #limit: LimitConfig;
  readonly #presence: Presence;
  #counters: LocalCounters | undefined = undefined;
  #share = "";

  constructor(limit: LimitConfig, presence: Presence) {
    this.#limit = limit;
    this.#presence = presence;
  }

  take(key: string, cost: number): Taken {
    const { size, index } = this.#presence;
    const share = `${size} ${index}`;
    if (this.#counters === undefined || share !== this.#share) {
      this.#share = share;
      this.#counters = new LocalCounters(this.#limit.law.share(size, index), this.#limit.maxKeys);
    }
    return this.#counters.take(key, cost);
  }
}
