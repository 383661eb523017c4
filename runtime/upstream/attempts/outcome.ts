import { isFull, isShortage } from "../failure.ts";
import type { Attempt } from "./attempt.ts";

/** How an attempt to have a request answered by one endpoint ended. */
export type Outcome =
  /** The answer is whole, and is none of those below. */
  | "ok"
  /** 5xx other than the next. */
  | "serverError"
  /** 429, or 503 with `Retry-After`: it works, and wants less of it. */
  | "overloaded"
  /** Nothing reached the service: no connection, a stream that it refused. */
  | "unsent"
  /** The connection broke. */
  | "reset"
  /** No head in time; silence in the middle of an answer. */
  | "timeoutHead"
  | "timeoutBody"
  /** What came is no HTTP. */
  | "protocol"
  /** A bound of the gateway's own was reached, or this machine lacks something. */
  | "local"
  /** The client left, was answered otherwise, or did not give more time. */
  | "abandoned";

interface OutcomeRow {
  /**
   * What the endpoint's latency is taken to be after it: the time to the head, a penalty, no less than was waited for it in
   * vain, or what it was before.
   */
  readonly latency: "sample" | "penalty" | "bound" | "none";
  /** What it says to the breaker of the service. */
  readonly breaker: Verdict;
  /** What it says to passive health checks of the endpoint. */
  readonly outlier: Verdict;
  /**
   * Whether the request may be sent again, where the rules of its service want it: whatever it asks for, as nothing reached
   * the service; only where it does no harm twice; or not at all.
   */
  readonly retry: "anyMethod" | "idempotent" | "never";
}

type Verdict = "success" | "failure" | "none";

/**
 * What each outcome means. One that says nothing about the endpoint changes nothing. That an endpoint wants less counts as no
 * failure: 429 is often about one client, who could have the others cut off with it.
 */
export const outcomes: Readonly<Record<Outcome, OutcomeRow>> = {
  ok: { latency: "sample", breaker: "success", outlier: "success", retry: "never" },
  serverError: { latency: "penalty", breaker: "failure", outlier: "failure", retry: "idempotent" },
  overloaded: { latency: "penalty", breaker: "none", outlier: "none", retry: "idempotent" },
  unsent: { latency: "penalty", breaker: "failure", outlier: "failure", retry: "anyMethod" },
  reset: { latency: "penalty", breaker: "failure", outlier: "failure", retry: "idempotent" },
  timeoutHead: { latency: "penalty", breaker: "failure", outlier: "failure", retry: "idempotent" },
  timeoutBody: { latency: "penalty", breaker: "failure", outlier: "failure", retry: "never" },
  protocol: { latency: "penalty", breaker: "failure", outlier: "failure", retry: "idempotent" },
  local: { latency: "none", breaker: "none", outlier: "none", retry: "never" },
  abandoned: { latency: "bound", breaker: "none", outlier: "none", retry: "never" },
};

/** How an attempt ended. */
export function outcomeOf({
  error,
  carrier,
  status,
  wantsLess,
  verdict,
}: Pick<Attempt, "error" | "carrier" | "status" | "wantsLess" | "verdict">): Outcome {
  if (error === "" && verdict !== undefined) return verdict;
  if (error === "") return status < 500 && status !== 429 ? "ok" : wantsLess === true ? "overloaded" : "serverError";
  if (error === "abandoned" || error === "deadline") return "abandoned";
  if (isFull(error) || isShortage(error)) return "local";
  if (carrier === undefined || error === "refusedStream") return "unsent";
  if (error === "timeout") return status === 0 ? "timeoutHead" : "timeoutBody";
  return error === "invalidAnswer" ? "protocol" : "reset";
}
