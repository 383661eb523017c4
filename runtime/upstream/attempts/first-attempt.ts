import type { HttpExchange } from "../../http/http-exchange.ts";
import type { Attempt } from "./attempt.ts";
import { type Outcome, outcomeOf } from "./outcome.ts";

/** What the first attempt says of the service that it was made at. */
export interface FirstAttempt {
  readonly hasFailed: boolean;
  /** Milliseconds to the head of the answer, or to the failure; the time in which a body came that was sent on as it came is in it. */
  readonly took: number;
  /** Nobody waited any longer, and there was no head by then: it would have taken more. */
  readonly isAbandoned: boolean;
}

/** What each outcome says of a release. One that is the gateway's own says nothing, and one that nobody waited for only how long it was waited for. */
const verdicts: Readonly<Record<Outcome, "success" | "failure" | "abandoned" | "none">> = {
  ok: "success",
  serverError: "failure",
  // 429 is about one client, as is the status of gRPC for it.
  overloaded: "none",
  unsent: "failure",
  reset: "failure",
  timeoutHead: "failure",
  timeoutBody: "failure",
  protocol: "failure",
  local: "none",
  abandoned: "abandoned",
};

/**
 * The first attempt at `service`: further ones are no requests of their own, and hide what they make up for. Undefined where it
 * says nothing: there was none, the gateway itself refused it, or its answer had begun when the client left. That there was none as the
 * service has no endpoint that can be used is a failure of the service, whoever answers in its place.
 */
export function firstAttemptAt(
  service: string,
  { upstream, withoutEndpoint }: Pick<HttpExchange, "upstream" | "withoutEndpoint">,
): FirstAttempt | undefined {
  // Every record of an attempt is one.
  const first = upstream?.attempts[0] as Attempt | undefined;
  // Another service may have been asked in its place; attempts that came before that one was chosen were made at this one.
  if (upstream === undefined || first === undefined || (upstream.service !== service && first.startedAt >= upstream.startedAt))
    return withoutEndpoint === service ? { hasFailed: true, isAbandoned: false, took: 0 } : undefined;
  const isAnswered = first.error === "";
  if (isAnswered && first.status === 429) return undefined;
  // The service cannot answer, whether it says for how long or not.
  const verdict = isAnswered && first.status === 503 ? "failure" : verdicts[outcomeOf(first)];
  const isAbandoned = verdict === "abandoned";
  if (verdict === "none" || (isAbandoned && (first.headAt > 0 || !first.hasArrived))) return undefined;
  return {
    hasFailed: verdict === "failure",
    isAbandoned,
    took: (first.headAt === 0 ? first.endedAt : first.headAt) - first.startedAt,
  };
}
