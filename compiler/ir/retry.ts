import type { NumberIr } from "./config.ts";
import type { Origin } from "./origin.ts";

/** When requests are sent again, and how often. Times in milliseconds. */
export interface RetryIr {
  /** All together, the first one included. */
  readonly attempts: number;
  /** Outcomes and statuses. */
  readonly on: readonly (RetryOutcome | number)[];
  /** 0: as long as the request has. */
  readonly perTry: number;
  readonly backoff: { readonly base: number; readonly max: number };
}

export type RetryOutcome = "unsent" | "reset" | "timeoutHead" | "protocol" | "serverError" | "overloaded" | GrpcStatusName;

/** Statuses of gRPC after which a call may be sent again. */
export type GrpcStatusName = "UNKNOWN" | "DEADLINE_EXCEEDED" | "RESOURCE_EXHAUSTED" | "INTERNAL" | "UNAVAILABLE" | "DATA_LOSS";

/** Outcomes have names in lower case. */
export const isGrpcStatus = (name: RetryOutcome | number): name is GrpcStatusName =>
  typeof name === "string" && name === name.toUpperCase();

/** What an operation says otherwise than its service. */
export interface OperationRetryIr extends Partial<RetryIr> {
  readonly isIdempotent?: true;
  readonly honoursKey?: true;
}

/** Milliseconds after which an answer is late, or below 1 the share of answers that is not; attempts at the same time. */
export interface HedgeIr {
  readonly after: number;
  readonly attempts: number;
}

/** What a service says of retries, for those who judge it together with its operations. */
export interface ServiceRetryIr extends RetryIr {
  readonly budget: { readonly ratio: number; readonly min: number };
  readonly bodyBytes: number;
  readonly hedge?: HedgeIr;
  /** What all attempts together may take, where no policy says otherwise. */
  readonly within: NumberIr;
  readonly origin: Origin;
  readonly withinOrigin: Origin;
}

/** The longest that attempts and the pauses between them can take; undefined where attempts have no bound of their own. */
export function longestOf({ attempts, perTry, backoff }: RetryIr): number | undefined {
  if (perTry === 0) return undefined;
  let pauses = 0;
  for (let retry = 0; retry < attempts - 1; retry++) pauses += Math.min(backoff.max, backoff.base * 2 ** retry);
  return attempts * perTry + pauses;
}
