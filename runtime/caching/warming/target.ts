import type { WarmTurn } from "../../upstream/cached/warm-requests.ts";

/** Milliseconds: the first pause of what is fetched again and again, the longest, and how much longer than it quiet has to last. */
const firstPause = 250;
const longestPause = 30_000;
const quiet = 1_000;

/** A URL that is warmed. Who writes it down may list it more than once: each counts for itself. */
export class WarmTarget {
  readonly url: string;
  /** By which clients ask for it; undefined: it is listed. */
  readonly key: string | undefined;
  /** The URI by which what is kept of it is dropped. Undefined: its cache was not asked yet. */
  base: string | undefined = undefined;
  /** Whose matter it is; undefined: that is not known either. */
  turn: WarmTurn | undefined = undefined;
  #fetchedAt = Number.NEGATIVE_INFINITY;
  #pause = 0;

  constructor(url: string, key?: string) {
    this.url = url;
    this.key = key;
  }

  /**
   * When it may be fetched again, in monotonic milliseconds: at once where it was left alone for a while. What changes again and again is
   * fetched with pauses, each twice as long as the one before, up to half a minute.
   */
  dueAt(now: number): number {
    return Math.max(now, this.#fetchedAt + this.#pause);
  }

  /** The service was asked for it. */
  fetched(now: number): void {
    const isQuiet = now - this.#fetchedAt > 2 * this.#pause + quiet;
    this.#pause = isQuiet ? 0 : Math.min(longestPause, Math.max(firstPause, 2 * this.#pause));
    this.#fetchedAt = now;
  }
}
