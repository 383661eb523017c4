import { clock } from "../../../life/clock.ts";
import type { Caller, CallFailed } from "../../../stores/redis/caller.ts";
import { isFailed } from "../../../stores/store.ts";
import { entriesIn, longestEntry } from "../entry-text.ts";
import type { Listed } from "../member.ts";

export interface RedisEntriesConfig {
  readonly caller: Pick<Caller, "call">;
  /** What keys begin with, up to the name of the instance. */
  readonly before: string;
  /** A key of the gateway's own on the same server of a cluster: what calls are routed by, and what a store that failed is tried with. */
  readonly route: string;
  /** Two write different things under one name. */
  twice(id: string): void;
}

/** A part of all keys. As a script, so that a cluster sends it to the server that has them: `SCAN` names no key. */
const scan = `return redis.call('SCAN', ARGV[1], 'MATCH', ARGV[2], 'COUNT', ARGV[3])`;
const perScan = "1000";

/** Keys that are read at a time: calls of a store that wait are bounded. */
const perRead = 100;

/** Keys at most: more than endpoints are believed. */
const mostKeys = 50_000;

/** Calls of one look at all keys: of a database with ten million keys, or of a server that never comes to an end. */
const mostScans = 10_000;

/** How often within how many milliseconds a key has to change to another endpoint while it lives. */
const mostSwaps = 3;
const swapMs = 60_000;

interface Entry {
  readonly text: string;
  readonly listed: readonly Listed[];
  /** Monotonic milliseconds at which it expires unless it is written again; Infinity: never. */
  readonly endsAt: number;
  /** When it changed, within a minute. */
  readonly swaps: readonly number[];
}

/** The keys of one service, as they were when they were read last. */
export class RedisEntries {
  readonly #config: RedisEntriesConfig;
  /** By name of the instance. */
  #entries = new Map<string, Entry>();

  constructor(config: RedisEntriesConfig) {
    this.#config = config;
  }

  get listed(): readonly Listed[] {
    return [...this.#entries.values()].flatMap(({ listed }) => listed);
  }

  /** Monotonic milliseconds at which the first one expires; Infinity: none does. */
  get nextEnd(): number {
    let next = Number.POSITIVE_INFINITY;
    for (const { endsAt } of this.#entries.values()) next = Math.min(next, endsAt);
    return next;
  }

  /** Those that have expired, as far as is known. */
  ended(now: number): string[] {
    return [...this.#entries].flatMap(([id, { endsAt }]) => (endsAt <= now ? [id] : []));
  }

  /** Rejects where the store does not answer; what was known stays then. */
  async readAll(signal: AbortSignal): Promise<void> {
    const { caller, before, route } = this.#config;
    const ids = new Set<string>();
    let cursor = "0";
    let scans = 0;
    do {
      if (++scans > mostScans) throw new Error(tooMany(before));
      const reply = await caller.call(route, "eval", [scan, "1", route, cursor, `${before}*`, perScan]);
      if (isFailed(reply)) throw new Error(reply.failed);
      signal.throwIfAborted();
      // The script gives these.
      const [next, keys] = reply as readonly [string, readonly string[]];
      for (const key of keys) ids.add(key.slice(before.length));
      if (ids.size > mostKeys) throw new Error(`there are more than ${mostKeys} keys ${before}*`);
      cursor = next;
    } while (cursor !== "0");
    const found = await this.#read([...ids].toSorted(), signal);
    this.#entries = new Map(found.flatMap(([id, entry]) => (entry === undefined ? [] : [[id, entry] as const])));
  }

  /** The same for some of them, which may be gone. */
  async read(ids: readonly string[], signal: AbortSignal): Promise<void> {
    const [first] = ids;
    if (first === undefined) return;
    // One call goes ahead: of many that are late together, as where a server stalls once, the store's breaker opens for a while.
    const reply = await this.#config.caller.call(this.#config.route, "pttl", [`${this.#config.before}${first}`]);
    if (isFailed(reply)) throw new Error(reply.failed);
    for (const [id, entry] of await this.#read(ids, signal)) {
      if (entry === undefined) this.#entries.delete(id);
      else this.#entries.set(id, entry);
    }
  }

  async #read(
    ids: readonly string[],
    signal: AbortSignal,
  ): Promise<readonly (readonly [id: string, entry: Entry | undefined])[]> {
    const found: (readonly [string, Entry | undefined])[] = [];
    for (let from = 0; from < ids.length; from += perRead) {
      const some = await Promise.all(ids.slice(from, from + perRead).map(async (id) => [id, await this.#entry(id)] as const));
      signal.throwIfAborted();
      found.push(...some);
    }
    return found;
  }

  async #entry(id: string): Promise<Entry | undefined> {
    const { caller, before, route } = this.#config;
    const key = `${before}${id}`;
    // Both go out in one write. What is longer than an entry is not read to its end.
    const replies = [
      caller.call(route, "getrange", [key, "0", String(longestEntry)]),
      caller.call(route, "pttl", [key]),
    ] as const;
    const [text, left] = [await replies[0], await replies[1]];
    if (isFailed(text)) {
      // A hash or a list is an entry that is of no use, and not a store that fails.
      if ((text as CallFailed).code === "WRONGTYPE")
        return { text: "", listed: [{ address: key, id }], endsAt: Infinity, swaps: [] };
      throw new Error(text.failed);
    }
    if (isFailed(left)) throw new Error(left.failed);
    if (typeof text !== "string" || left === -2) return undefined;
    const now = clock.monotonic();
    // -1: it does not expire.
    const endsAt = typeof left === "number" && left >= 0 ? now + left : Number.POSITIVE_INFINITY;
    return {
      text,
      listed: entriesIn(text).map((one) => ({ ...one, id: one.id ?? id })),
      endsAt,
      swaps: this.#swaps(id, text, now),
    };
  }

  #swaps(id: string, text: string, now: number): readonly number[] {
    const before = this.#entries.get(id);
    if (before === undefined) return [];
    const swaps = before.swaps.filter((at) => now - at < swapMs);
    if (before.text === text || before.endsAt <= now) return swaps;
    if (swaps.length + 1 < mostSwaps) return [...swaps, now];
    this.#config.twice(id);
    return [];
  }
}

const tooMany = (before: string): string =>
  `after ${mostScans} calls of SCAN there are still keys to look at for ${before}*: give the registry a Redis database without other keys`;
