import type { Contained } from "../life/boundary.ts";
import type { HttpExchange } from "./http-exchange.ts";

/** One connection of a client, as its server sees it: a set of them is looked at again and again. */
export interface Connection extends Contained {
  /** Coarse monotonic milliseconds at which the present phase has taken too long. */
  readonly deadline: number;
  /** Nothing is in flight. */
  readonly isIdle: boolean;
  /** The deadline has passed. */
  expire(): void;
  /** The server drains: what is in flight is finished, and nothing new is begun where the client can be told so. */
  closeIdle(): void;
  /** Shows what is in flight. */
  inFlight?(look: (x: HttpExchange) => void): void;
  /** Cut off, whatever is in flight. */
  abort(): void;
}
