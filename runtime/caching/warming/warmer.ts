import type { Gateway } from "../../gateway/gateway.ts";
import type { MetricFamily } from "../../gateway/metrics.ts";
import { type Contained, contained, logged } from "../../life/boundary.ts";
import { clock } from "../../life/clock.ts";
import { inSlices } from "../../life/in-slices.ts";
import type { Json } from "../../life/json.ts";
import type { Life } from "../../life/life.ts";
import type { Living, Readiness } from "../../life/living.ts";
import type { Log } from "../../log/log.ts";
import { type WarmFields, WarmRequests, type WarmTurn } from "../../upstream/cached/warm-requests.ts";
import type { Purges } from "../purging/purges.ts";
import { listedUrls, mostListed } from "./listed-urls.ts";
import { type WarmOutcome, warmOutcomes } from "./outcome.ts";
import { Pace } from "./pace.ts";

/** Durations in milliseconds. */
export interface WarmerConfig {
  /** They were checked when the gateway was built. */
  readonly urls: readonly string[];
  /** Path of a file with further ones; null: there is none. */
  readonly file: string | null;
  /** With which of them each URL is fetched. */
  readonly fields: readonly WarmFields[];
  /** Between the beginnings of two requests to services. */
  readonly interval: number;
  readonly concurrency: number;
  /** How long the gateway may wait for the first pass before it is ready; null: not at all. */
  readonly readyAfter: number | null;
  /** Null: nothing is ever purged. */
  readonly purges: Purges | null;
}

export const createWarmer = (config: WarmerConfig): Warmer => new Warmer(config);

/** Milliseconds between looks at whether anything was purged, and before the first pass. */
const look = 250;

/** Milliseconds for which the first pass waits for other parts of the gateway to become ready. */
const longestWait = 10_000;

/** Lines of a file that are told one by one. */
const mostTold = 20;

/**
 * Fetches what is listed before a client asks for it: in a pass at the start and one after each purge. A cache in memory is
 * warmed by each process, and one that processes share by the owner among them. What failed is tried again by the next pass.
 */
export class Warmer implements Living {
  readonly name = "cache.warm";
  readonly required: boolean;
  readonly #config: WarmerConfig;
  readonly #pace: Pace;
  readonly #pacing: Contained = logged("the pace of warming");
  readonly #counts = new Map<WarmOutcome, number>(warmOutcomes.map((outcome) => [outcome, 0]));
  readonly #listed: string[];
  /** Resolves when the file was read, however that went. */
  #read: Promise<void> | undefined = undefined;
  #gateway: Gateway | undefined = undefined;
  #requests: WarmRequests | undefined = undefined;
  #startedAt = Number.POSITIVE_INFINITY;
  /** First passes that are not over. */
  readonly #unfinished = new Set<WarmTurn>();
  #isDraining = false;

  constructor(config: WarmerConfig) {
    this.#config = config;
    // `/readyz` waits for no other.
    this.required = config.readyAfter !== null;
    this.#listed = [...config.urls];
    this.#pace = new Pace(config.interval, this.#pacing);
  }

  /** Called once, by the module that makes the gateway. */
  open(gateway: Gateway): void {
    this.#gateway = gateway;
  }

  async start(life: Life): Promise<void> {
    this.#startedAt = clock.monotonic();
    this.#requests = new WarmRequests(this.#gateway!);
    const { file } = this.#config;
    this.#read = file === null ? Promise.resolve() : this.#readFile(file, life.log);
    this.#begin("each", life);
    await this.#read;
  }

  own(tenure: Life): void {
    this.#begin("owner", tenure);
  }

  /** Reads further URLs; those that cannot be warmed are told. */
  async #readFile(path: string, log: Log): Promise<void> {
    try {
      const lines = await listedUrls(path);
      const wrong: number[] = [];
      await inSlices(lines.slice(0, mostListed), ({ url, line }) => {
        if (this.#requests!.turnOf(url, this.#config.fields[0]!) === undefined) wrong.push(line);
        else this.#listed.push(url);
      });
      for (const line of wrong.slice(0, mostTold))
        log.write("warning", "a line of the list is no URL whose answers are kept for everybody, and is skipped", {
          file: path,
          line,
        });
      if (wrong.length > mostTold)
        log.write("warning", "further lines of the list are skipped", { file: path, lines: wrong.length - mostTold });
      if (lines.length > mostListed)
        log.write("warning", "the list is too long, and its end is skipped", {
          file: path,
          lines: lines.length,
          most: mostListed,
        });
    } catch (error) {
      log.write("error", "the list of URLs to warm is not used", { reason: (error as Error).message });
    }
  }

  #begin(turn: WarmTurn, life: Life): void {
    this.#unfinished.add(turn);
    /** Of purges, what the last pass knew; undefined: there was none. */
    let known: number | undefined;
    let looks = 0;
    life.every(look, async (signal) => {
      // Other parts of the gateway are started behind this one.
      if (this.#isDraining || looks++ === 0 || (known === undefined && !this.#isReachable())) return;
      const latest = this.#config.purges?.latest ?? 0;
      const isFirst = known === undefined;
      // Not a number: nobody knows of purges, and what is fetched would be asked for again.
      if (!isFirst && (known === latest || Number.isNaN(latest))) return;
      known = latest;
      try {
        await this.#pass(turn, isFirst, signal, life.log);
      } finally {
        this.#unfinished.delete(turn);
      }
    });
    const ended = contained(logged("the end of a warming"), () => void this.#unfinished.delete(turn));
    life.signal.addEventListener("abort", ended, { once: true });
  }

  /** What is needed to ask services is there, as far as it will be. */
  #isReachable(): boolean {
    if (clock.monotonic() - this.#startedAt > longestWait) return true;
    const { living = [] } = this.#gateway!;
    return living.every((thing) => thing === this || thing.readiness?.().ready !== false);
  }

  async #pass(turn: WarmTurn, isFirst: boolean, signal: AbortSignal, log: Log): Promise<void> {
    await this.#read;
    const counts = new Map<WarmOutcome, number>();
    let example: string | undefined;
    const queue = this.#listed.values();
    const work = async (): Promise<void> => {
      // In turn: what an answer varies by is known once the first one has come.
      for (const url of queue)
        for (const fields of this.#config.fields) {
          await this.#pace.turn(signal);
          if (signal.aborted || this.#isDraining) return;
          const outcome = await this.#requests!.warm(url, fields, turn);
          // Nothing was asked of a service.
          if (outcome === undefined || outcome === "fresh" || outcome === "joined") this.#pace.giveBack();
          if (outcome !== undefined) {
            counts.set(outcome, (counts.get(outcome) ?? 0) + 1);
            this.#counts.set(outcome, this.#counts.get(outcome)! + 1);
            if (outcome === "failed" || outcome === "unkept") example ??= url;
          }
          // What is fresh is found at once: requests of clients are not to wait for the whole list.
          await turnOfLoop();
        }
    };
    await Promise.all(Array.from({ length: this.#config.concurrency }, work));
    if (counts.size === 0) return;
    const figures = Object.fromEntries(counts);
    const because = isFirst ? "start" : "purge";
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
    return { listed: this.#listed.length, ...Object.fromEntries(this.#counts) };
  }

  metrics(): readonly MetricFamily[] {
    return [
      {
        name: "gatewright_cache_warmed_total",
        help: "URLs that were warmed, by what became of them.",
        type: "counter",
        samples: [...this.#counts].map(([outcome, value]) => ({ labels: `outcome="${outcome}"`, value })),
      },
    ];
  }
}

const turnOfLoop = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
