import { logged } from "../../life/boundary.ts";
import type { LatestTopic } from "../../life/channel.ts";
import { clock } from "../../life/clock.ts";
import type { Json } from "../../life/json.ts";
import type { Life } from "../../life/life.ts";
import type { Living } from "../../life/living.ts";
import { timers } from "../../life/timers.ts";
import { isFailed, type RecordStore } from "../../stores/store.ts";
import { type Asked, askedIn, Ranking } from "./ranking.ts";
import { SharedRankings } from "./shared-rankings.ts";
import { SpaceSaving } from "./space-saving.ts";

export interface MostAskedConfig {
  /** How many are warmed. */
  readonly most: number;
  readonly gateway: string;
  /** Where instances tell each other of it; null: each knows its own alone. */
  readonly store: RecordStore | null;
}

export const createMostAsked = (config: MostAskedConfig): MostAsked => new MostAsked(config);

/** Milliseconds between two reports of a process to its group. */
const reportMs = 1_000;
/** Milliseconds after which the owner tells the others what is new, and what is not. */
const newsMs = 1_000;
const exchangeMs = 60_000;

/** How often, and milliseconds apart, the store is asked at the start. */
const firstAttempts = 20;
const firstPauseMs = 250;

/** Counters in a process, and keys that are remembered, for each that is warmed: so that what is asked for seldom does not push it out. */
const counters = 8;
const spare = 4;

/** UTF-16 code units of one event, which has a bound. */
const longestEvent = 32_768;

/** What the owner tells those that start later: what its own group was asked for, and other instances. */
type Known = { readonly own: readonly Asked[]; readonly others: readonly Asked[] };

/**
 * Which answers clients ask for most, of those that are kept for everybody. Each process counts what it serves out of a cache and tells
 * its group every second, so that each of them knows the same; one of the group keeps it for processes that start later, and
 * tells other instances where they have a store in common.
 */
export class MostAsked implements Living {
  declare readonly __resource: "caching";
  readonly name = "cache.warm.mostAsked";
  readonly required = false;
  readonly #config: MostAskedConfig;
  readonly #sketch: SpaceSaving;
  readonly #ranking: Ranking;
  #others: readonly Asked[] = [];
  /** What was asked before this process began is known, as far as it will be. */
  isKnown = false;
  #known: LatestTopic<Known> | undefined = undefined;

  constructor(config: MostAskedConfig) {
    this.#config = config;
    this.#sketch = new SpaceSaving(config.most * counters);
    this.#ranking = new Ranking(config.most * spare);
  }

  /** `key`: of an answer that was served out of a cache. */
  count(key: string): void {
    this.#sketch.add(key);
  }

  /** Keys, the most asked first. */
  top(): readonly Asked[] {
    const now = clock.monotonic();
    this.#ranking.decay(now);
    const { most } = this.#config;
    const all = new Ranking(most * spare * 2);
    all.add(this.#ranking.top(most * spare), now);
    all.add(this.#others, now);
    return all.top(most);
  }

  async start(life: Life): Promise<void> {
    this.#known = life.latest<Known>("most asked");
    this.#known.subscribe((known) => this.#adopt(known));
    const reports = life.events<readonly Asked[]>("most asked");
    reports.subscribe(
      (report) => this.#ranking.add(askedIn(report, this.#config.most), clock.monotonic()),
      // It is told again as long as it is asked for.
      () => {},
    );
    life.every(reportMs, () => {
      for (const part of inEvents(this.#sketch.take(this.#config.most))) reports.publish(part);
    });
    const { store, gateway, most } = this.#config;
    if (store !== null && this.#known.value === undefined) await this.#ask(new SharedRankings(store, gateway, most), life.signal);
    this.isKnown = true;
  }

  /** What instances knew that are gone: for the first pass. */
  async #ask(shared: SharedRankings, signal: AbortSignal): Promise<void> {
    for (let attempt = 1; attempt <= firstAttempts && !signal.aborted; attempt++) {
      if (await this.#exchange(shared, [])) return;
      await new Promise<void>((resolve) => void timers.after(firstPauseMs, logged("a start was not gone on with"), resolve));
    }
  }

  /** Of the processes before this one, where it knows of nothing itself. */
  #adopt({ own, others }: Known): void {
    const { most } = this.#config;
    this.#others = askedIn(others, most);
    if (this.#ranking.size === 0) this.#ranking.add(askedIn(own, most), clock.monotonic());
  }

  own(tenure: Life): void {
    const { store, gateway, most } = this.#config;
    const shared = store === null ? undefined : new SharedRankings(store, gateway, most);
    let toldAt = Number.NEGATIVE_INFINITY;
    let told: ReadonlySet<string> = new Set();
    const tell = async (): Promise<void> => {
      const now = clock.monotonic();
      this.#ranking.decay(now);
      const own = this.#ranking.top(most);
      if (now - toldAt < exchangeMs && own.every(([key]) => told.has(key))) return;
      if (shared !== undefined && !(await this.#exchange(shared, own))) return;
      toldAt = now;
      told = new Set(own.map(([key]) => key));
      if (own.length > 0 || this.#others.length > 0) this.#known?.publish({ own, others: this.#others });
    };
    tenure.every(newsMs, tell);
  }

  /** False: the store does not answer, which it says in the log; what was known before is known still. */
  async #exchange(shared: SharedRankings, own: readonly Asked[]): Promise<boolean> {
    const others = await shared.exchange(own);
    if (isFailed(others)) return false;
    this.#others = others;
    return true;
  }

  state(): Json {
    return { known: this.#ranking.size, ofOthers: this.#others.length };
  }
}

/** In parts that events have room for. */
function inEvents(asked: readonly Asked[]): readonly (readonly Asked[])[] {
  const parts: Asked[][] = [];
  let room = 0;
  for (const one of asked) {
    const length = JSON.stringify(one).length + 1;
    if (room < length) {
      parts.push([]);
      room = longestEvent;
    }
    room -= length;
    parts.at(-1)!.push(one);
  }
  return parts;
}
