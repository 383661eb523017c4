import type { MetricFamily, OperationPage } from "../../gateway/metrics.ts";

/** What the thread is told of a scrape, by its number: items, some at a time, then how to write them, then each chunk that is wanted. */
export type ToThread =
  | { readonly scrape: number; readonly items: readonly PackedItem[]; readonly numbers: Float64Array }
  | { readonly scrape: number; readonly accept: string; readonly isZipped: boolean }
  | { readonly scrape: number; readonly isWanted: true }
  /** Nobody reads the rest. */
  | { readonly scrape: number; readonly isOver: true };

/** A number: that page as it was told last. */
export type PackedItem = MetricFamily | PackedPage | number;

/** A page without what the thread has already of another scrape, and without its numbers. */
export interface PackedPage extends Pick<OperationPage, "policies" | "exemplars"> {
  /** Which of the pages it is. */
  readonly page: number;
  /** Absent: as it was told last of this page. */
  readonly known?: Pick<OperationPage, "operations" | "bounds">;
  /** Where its numbers begin in those of the message, and end. */
  readonly from: number;
  readonly to: number;
}

/** For each chunk that was wanted: the next one, or that there is none, or why there cannot be one. */
export type FromThread = { readonly scrape: number; readonly chunk?: Uint8Array; readonly error?: string };
