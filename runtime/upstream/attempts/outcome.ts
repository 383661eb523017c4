import { isShortage } from "../failure.ts";
import type { Attempt } from "./attempt.ts";

/** How an attempt to have a request answered by one endpoint ended. */
export type Outcome =
  /** The answer is whole, and is none of those below. */
  | "ok"
  /** 5xx other than the next. */
  | "serverError"
  /** 429, or 503. */
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
  /** The client left, or was answered otherwise. */
  | "abandoned";

interface OutcomeRow {
  /** What the endpoint's latency is taken to be after it: the time to the head, a penalty, or what it was before. */
  readonly latency: "sample" | "penalty" | "none";
}

/** What each outcome means. One that says nothing about the endpoint changes nothing. */
export const outcomes: Readonly<Record<Outcome, OutcomeRow>> = {
  ok: { latency: "sample" },
  serverError: { latency: "penalty" },
  overloaded: { latency: "penalty" },
  unsent: { latency: "penalty" },
  reset: { latency: "penalty" },
  timeoutHead: { latency: "penalty" },
  timeoutBody: { latency: "penalty" },
  protocol: { latency: "penalty" },
  local: { latency: "none" },
  abandoned: { latency: "none" },
};

/** How an attempt ended. */
export function outcomeOf({ error, carrier, status }: Attempt): Outcome {
  if (error === "") return ofStatus(status);
  if (error === "abandoned") return "abandoned";
  if (error === "poolFull" || isShortage(error)) return "local";
  if (carrier === undefined || error === "refusedStream") return "unsent";
  if (error === "timeout") return status === 0 ? "timeoutHead" : "timeoutBody";
  return error === "invalidAnswer" ? "protocol" : "reset";
}

function ofStatus(status: number): Outcome {
  if (status === 429 || status === 503) return "overloaded";
  return status < 500 ? "ok" : "serverError";
}
