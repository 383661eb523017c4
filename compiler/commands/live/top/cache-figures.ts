import { increase } from "./increase.ts";
import { type MetricSample, type Metrics, samplesOf, sumOf } from "./metrics-text.ts";

/** What the caches of a gateway did, all together: requests are counted by operation, and memory by store. */
export interface CacheFigures {
  /** Requests to operations with a cache. */
  readonly perSecond: number;
  /** Shares of these requests, from 0 to 1; null where there was none. Fresh: `hit`. */
  readonly hits: number | null;
  readonly stale: number | null;
  /** In memory, of all workers; null where all is in servers that they share. */
  readonly memory: { readonly bytes: number; readonly entries: number; readonly evictedPerSecond: number } | null;
  /** Purges and changes that stores were not told of yet; null where there is no store to be told. */
  readonly untold: number | null;
}

const requests = "cache_requests_total";

/** Null where nothing is cached. */
export function cacheFigures(before: Metrics, after: Metrics, seconds: number): CacheFigures | null {
  if (samplesOf(after, requests).length === 0) return null;
  const all = increase(before, after, requests, () => true);
  const share = (outcome: string): number | null =>
    all === 0 ? null : increase(before, after, requests, (labels) => labels.outcome === outcome) / all;
  const hasMemory = samplesOf(after, "cache_bytes").length > 0;
  const waiting = ["cache_purges_waiting", "cache_changes_waiting"].filter((name) => samplesOf(after, name).length > 0);
  return {
    perSecond: all / seconds,
    hits: share("hit"),
    stale: share("stale"),
    memory: hasMemory
      ? {
          bytes: sumOf(after, "cache_bytes"),
          entries: sumOf(after, "cache_entries"),
          evictedPerSecond: increase(before, after, "cache_evicted_total", () => true) / seconds,
        }
      : null,
    untold: waiting.length === 0 ? null : waiting.reduce((sum, name) => sum + sumOf(after, name), 0),
  };
}

/** Share of the requests that `wanted` picks which was answered out of a cache, fresh or stale; null where there was none. */
export function hitsOf(before: Metrics, after: Metrics, wanted: (labels: MetricSample["labels"]) => boolean): number | null {
  const all = increase(before, after, requests, wanted);
  const isHit = ({ outcome }: MetricSample["labels"]): boolean => outcome === "hit" || outcome === "stale";
  return all === 0 ? null : increase(before, after, requests, (labels) => wanted(labels) && isHit(labels)) / all;
}
