import type { KeptMarks } from "./marks.ts";
import type { Purge } from "./purge.ts";
import type { PurgeState } from "./purge-ledger.ts";

/** The purges of a gateway, as its caches ask for them. */
export interface Purges {
  readonly __resource: "caching";
  /** By whose count purges have their numbers, and the number of the last one: what a fetch that begins now knows. */
  readonly era: string;
  readonly number: number;
  /** It changes whenever anything that was found to be valid may not be so any more. */
  readonly latest: number;
  /** Milliseconds since an answer came after which the purges since then may not be known any more. */
  readonly longest: number;
  /** Asks for a purge; it is in force at once in this process. Nobody waits for it to be known elsewhere. */
  purge(purges: readonly Purge[]): void;
  stateOf(marks: KeptMarks): PurgeState | "unknown";
  /** What was asked for by a time may be about an answer whose fetch did not know of it: see `PurgeLedger`. */
  isPurgedBy(marks: KeptMarks, time: number): boolean;
}
