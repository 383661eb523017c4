import type { Gateway } from "../../gateway/gateway.ts";
import type { MetricFamily } from "../../gateway/metrics.ts";
import { contained, logged } from "../../life/boundary.ts";
import { clock } from "../../life/clock.ts";
import type { Json } from "../../life/json.ts";
import type { Life } from "../../life/life.ts";
import type { Living, Readiness } from "../../life/living.ts";
import type { Log } from "../../log/log.ts";
import { type WarmFields, WarmRequests, type WarmTurn } from "../../upstream/cached/warm-requests.ts";
import type { Purges } from "../purging/purges.ts";
import type { Changes } from "./changes.ts";
import type { WarmLead } from "./lead.ts";
import { MarkRounds } from "./mark-rounds.ts";
import type { MostAsked } from "./most-asked.ts";
import { WarmTargets } from "./targets.ts";
import type { WarmList } from "./warm-list.ts";
import { warmedFamilies } from "./warmed-families.ts";
import { WarmWork } from "./work.ts";

/** Durations in milliseconds. */
export interface WarmerConfig {
  /** They were checked when the gateway was built. */
  readonly urls: readonly string[];
  /** Further ones in a file; null: there is none. */
  readonly list: WarmList | null;
  /** What clients ask for most; null: nobody counts it. */
  readonly mostAsked: MostAsked | null;
  /** Where instances agree on who warms what they share; null: each does. */
  readonly lead: WarmLead | null;
  /** With which of them each URL is fetched. */
  readonly fields: readonly WarmFields[];
  /** Between the beginnings of two requests to services. */
  readonly interval: number;
  readonly concurrency: number;
  /** How long the gateway may wait for the first pass before it is ready; null: not at all. */
  readonly readyAfter: number | null;
  /** Null: nothing is ever purged. */
  readonly purges: Purges | null;
  readonly changes: Changes;
}

export const createWarmer = (config: WarmerConfig): Warmer => new Warmer(config);

/** Milliseconds between looks at whether anything was purged or changed, and before the first pass. */
const look = 250;

/** Milliseconds for which the first pass waits for other parts of the gateway to become ready. */
const longestWait = 10_000;

/** Looks after which it is asked again what clients ask for most. */
const askedLooks = 8;

/** Looks for which a pass waits while purges come. */
const longestBurst = 4;

/** Behind a pass, the next one waits for twice as long as it took, and no longer than so many milliseconds. */
const longestRest = 5_000;

/** Why a pass is made. */
type Cause = "start" | "purge" | "list" | "change";

/**
 * Fetches what is listed, and what clients ask for most, before a client asks for it: in a pass at the start, one after each purge and one
 * where the list is another one; and what something changes, for itself. A cache in memory is warmed by each process, and one that
 * processes share by the owner among them. What failed is tried again by the next pass.
 */
export class Warmer implements Living {
  readonly name = "cache.warm";
  readonly required: boolean;
  readonly #config: WarmerConfig;
  readonly #work: WarmWork;
  readonly #targets = new WarmTargets();
  /** Resolves when the file was read, however that went. */
  #read: Promise<void> | undefined = undefined;
  #gateway: Gateway | undefined = undefined;
  #startedAt = Number.POSITIVE_INFINITY;
  /** It grows with whatever asks for a pass beside purges: another list, or changes of nobody knows what. */
  #turns = 0;
  #lastTurn: Cause = "list";
  /** First passes that are not over. */
  readonly #unfinished = new Set<WarmTurn>();
  #isDraining = false;

  constructor(config: WarmerConfig) {
    const { readyAfter } = config;
    this.#config = config;
    // `/readyz` waits for no other.
    this.required = readyAfter !== null;
    this.#work = new WarmWork(config, this.#targets);
    this.#targets.list(config.urls);
  }

  /** Called once, by the module that makes the gateway. */
  open(gateway: Gateway): void {
    this.#gateway = gateway;
  }

  async start(life: Life): Promise<void> {
    this.#startedAt = clock.monotonic();
    this.#work.open(new WarmRequests(this.#gateway!));
    this.#config.changes.subscribe((base) => {
      if (base === undefined) this.#again("change");
      else this.#targets.changed(base, clock.monotonic());
    });
    const isWarmable = (url: string): boolean => this.#work.isWarmable(url);
    this.#read = this.#config.list?.start(life, isWarmable, (urls) => this.#replace(urls)) ?? Promise.resolve();
    this.#begin("each", life);
    await this.#read;
  }

  own(tenure: Life): void {
    this.#config.lead?.follow(tenure);
    this.#begin("owner", tenure);
  }

  #replace(urls: readonly string[]): void {
    this.#targets.list([...new Set([...this.#config.urls, ...urls])]);
    this.#again("list");
  }

  #again(cause: Cause): void {
    this.#turns++;
    this.#lastTurn = cause;
  }

  #begin(turn: WarmTurn, life: Life): void {
    this.#unfinished.add(turn);
    /** Of purges and of what else asks for a pass, what the last one knew; undefined: there was none. */
    let known: { readonly purges: number; readonly turns: number } | undefined;
    let looks = 0;
    let restsUntil = 0;
    /** Of purges, what the last look knew, and how many looks have found others. */
    let seen = Number.NaN;
    let bursts = 0;
    life.every(look, async (signal) => {
      // Other parts of the gateway are started behind this one.
      if (this.#isDraining || looks++ === 0 || (known === undefined && !this.#isReachable())) return;
      if (this.#isElsewhere(turn)) {
        known = undefined;
        if (this.#config.lead?.isOurs === false) this.#unfinished.delete(turn);
        return;
      }
      await this.#read;
      const now = { purges: this.#config.purges?.latest ?? 0, turns: this.#turns };
      const cause = causeOf(known, now, this.#lastTurn);
      // Purges come in bursts, and one that is in a store is told twice: a pass waits until no more come, and not for long.
      const isBurst = cause === "purge" && now.purges !== seen && bursts++ < longestBurst;
      seen = now.purges;
      if (cause === undefined || isBurst || clock.monotonic() < restsUntil) return;
      known = now;
      bursts = 0;
      const begun = clock.monotonic();
      try {
        await this.#pass(turn, cause, signal, life.log);
      } finally {
        this.#unfinished.delete(turn);
        const ended = clock.monotonic();
        restsUntil = ended + Math.min(longestRest, 2 * (ended - begun));
      }
    });
    let dues = 0;
    const rounds =
      turn === "each"
        ? undefined
        : new MarkRounds(
            () => this.#config.changes.spaces,
            (base) => this.#targets.changed(base, clock.monotonic()),
          );
    life.every(look, async (signal) => {
      // What is not known yet is a matter of the first pass.
      if (this.#isDraining || known === undefined) return rounds?.forget();
      await rounds?.go(() => this.#targets.bases());
      if (dues++ % askedLooks === 0) await this.#followAsked(turn, signal);
      const due = this.#targets.takeDue(turn, clock.monotonic());
      if (due.length > 0) await this.#work.do(due, turn, signal, () => this.#isDraining);
    });
    const ended = contained(logged("the end of a warming"), () => void this.#unfinished.delete(turn));
    life.signal.addEventListener("abort", ended, { once: true });
  }

  /** What clients ask for most by now is kept already: it is only found out what it is dropped by. */
  async #followAsked(turn: WarmTurn, signal: AbortSignal): Promise<void> {
    const { mostAsked } = this.#config;
    if (mostAsked === null) return;
    this.#targets.ask(mostAsked.top());
    await this.#work.place(this.#targets.unplaced(), turn, signal);
  }

  /** Another instance warms it, or nobody knows yet which one does. */
  #isElsewhere(turn: WarmTurn): boolean {
    const { lead } = this.#config;
    return turn === "owner" && lead !== null && lead.isOurs !== true;
  }

  /** What is needed to ask services is there, as far as it will be. */
  #isReachable(): boolean {
    if (clock.monotonic() - this.#startedAt > longestWait) return true;
    if (this.#config.mostAsked?.isKnown === false) return false;
    const { living = [] } = this.#gateway!;
    return living.every((thing) => thing === this || thing.readiness?.().ready !== false);
  }

  async #pass(turn: WarmTurn, because: Cause, signal: AbortSignal, log: Log): Promise<void> {
    const { mostAsked } = this.#config;
    if (mostAsked !== null) this.#targets.ask(mostAsked.top());
    const { counts, example } = await this.#work.do(this.#targets.all(), turn, signal, () => this.#isDraining);
    if (counts.size === 0) return;
    const figures = Object.fromEntries(counts);
    if (example === undefined) log.write("info", "the cache was warmed", { because, ...figures });
    else log.write("warning", "the cache was warmed, but not with all that is listed", { because, ...figures, example });
  }

  readiness(): Readiness {
    const { readyAfter } = this.#config;
    const isWaiting = readyAfter !== null && this.#unfinished.size > 0 && clock.monotonic() - this.#startedAt < readyAfter;
    return isWaiting ? { ready: false, why: "the cache is being warmed" } : { ready: true };
  }

  drain(): void {
    this.#isDraining = true;
  }

  state(): Json {
    const { listed, asked, followed } = this.#targets;
    const { list, lead, mostAsked } = this.#config;
    return {
      listed,
      ...(mostAsked === null ? {} : { mostAsked: asked }),
      followed,
      ...(list === null ? {} : { isListOutdated: list.isOutdated }),
      ...(lead === null ? {} : { isLeader: lead.isOurs === true }),
      ...Object.fromEntries(this.#work.counts),
    };
  }

  metrics(): readonly MetricFamily[] {
    return warmedFamilies(this.#work.counts, this.#targets, this.#config.mostAsked !== null, this.#config.list?.isOutdated);
  }
}

/** Undefined: nothing is new. */
function causeOf(
  known: { readonly purges: number; readonly turns: number } | undefined,
  { purges, turns }: { readonly purges: number; readonly turns: number },
  last: Cause,
): Cause | undefined {
  if (known === undefined) return "start";
  // Not a number: nobody knows of purges, and what is fetched would be asked for again.
  if (Number.isNaN(purges)) return undefined;
  if (known.turns !== turns) return last;
  return known.purges === purges ? undefined : "purge";
}
