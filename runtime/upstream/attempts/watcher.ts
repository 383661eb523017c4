import type { Endpoint } from "../endpoint.ts";
import type { Attempt } from "./attempt.ts";
import type { Outcome } from "./outcome.ts";

/** Hears what becomes of each attempt at a service: load, breaker, ejection, statistics. */
export interface AttemptWatcher {
  /** The endpoints from now on, before any of them is tried. Those that stay keep what is known of them. */
  watch?(endpoints: readonly Endpoint[]): void;
  began?(attempt: Attempt): void;
  /** Once for each that began. */
  ended(attempt: Attempt, outcome: Outcome): void;
}
