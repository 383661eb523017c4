import type { MetricsItem } from "../../gateway/metrics.ts";

/** What the thread is told of a scrape, by its number: items one by one, then how to write them, then each chunk that is wanted. */
export type ToThread =
  | { readonly scrape: number; readonly item: MetricsItem }
  | { readonly scrape: number; readonly accept: string; readonly isZipped: boolean }
  | { readonly scrape: number; readonly isWanted: true }
  /** Nobody reads the rest. */
  | { readonly scrape: number; readonly isOver: true };

/** For each chunk that was wanted: the next one, or that there is none, or why there cannot be one. */
export type FromThread = { readonly scrape: number; readonly chunk?: Uint8Array; readonly error?: string };
