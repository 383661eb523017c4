import type { Contained } from "../life/boundary.ts";
import type { FetchPlan } from "./answer-cache.ts";
import type { StoredResource } from "./stored-answer.ts";

/** Of all processes that keep answers in one place, one fetches for all. */
export interface Leads {
  /** Calls the departure back once: this process fetches, or what another one has fetched is there, or each asks for itself. */
  before(plan: FetchPlan, departure: Departure): void;
  /** Its answer has a place; false: the store did not say which. */
  keeps(plan: FetchPlan): boolean;
  /**
   * What came of the fetch, where nothing was kept. `apart`: requests for it have to be sent each for itself for a while;
   * `none`: nothing is known of the next answer. Only the first one counts.
   */
  settle(plan: FetchPlan, outcome: "apart" | "none"): void;
}

/** A fetch that is about to begin, and those who wait for it. */
export interface Departure extends Contained {
  /** Others may have its answer. */
  readonly isShared: boolean;
  /** Nobody waits for it who has no answer yet. */
  readonly isRefresh: boolean;
  /** Nobody waits for it any more. */
  readonly isOver: boolean;
  /** Asks the service. */
  go(): void;
  /** Another process has fetched it; undefined: it is doing so, and nobody waits here. */
  arrived(resource: StoredResource | undefined): void;
  /** What is asked for is for each who asks alone. */
  scatter(): void;
}
