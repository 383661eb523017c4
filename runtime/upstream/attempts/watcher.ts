import type { Exchange } from "../../exchange/exchange.ts";
import type { Attempt } from "./attempt.ts";
import type { EndpointSet } from "./endpoint-set.ts";
import type { Outcome } from "./outcome.ts";

/** Hears what becomes of each attempt at a service: load, breaker, ejection, statistics. */
export interface AttemptWatcher {
  /** Before any endpoint is tried, and whenever there are others. Those that stay keep what is known of them. */
  watch?(set: EndpointSet): void;
  began?(attempt: Attempt, x: Exchange): void;
  /**
   * By turns, `true` first, and `false` before it ends: the client is waited for and has been for long, so that nothing is under
   * way at the endpoint; the endpoint has something to do again.
   */
  clientAwaited?(attempt: Attempt, isSo: boolean): void;
  /** Once for each that began. */
  ended(attempt: Attempt, outcome: Outcome, x: Exchange): void;
  /** Of an attempt that ended with a 101: what it became has ended as well. */
  tunnelEnded?(attempt: Attempt): void;
}
