import type { Exchange } from "../../exchange/exchange.ts";
import type { Attempt } from "./attempt.ts";
import { type Outcome, outcomeOf } from "./outcome.ts";

/** What the first attempt says of the service that it was made at. */
export interface FirstAttempt {
  readonly hasFailed: boolean;
  /** Milliseconds to the head of the answer, or to the failure. */
  readonly took: number;
}

/** What each outcome says of a release. One that is the gateway's own, or that nobody waited for, says nothing. */
const verdicts: Readonly<Record<Outcome, "success" | "failure" | "none">> = {
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
  abandoned: "none",
};

/**
 * The first attempt at `service`: further ones are no requests of their own, and hide what they make up for. Undefined where it
 * says nothing: there was none, the gateway itself refused it, or nobody waited for it.
 */
export function firstAttemptAt(service: string, { upstream }: Pick<Exchange, "upstream">): FirstAttempt | undefined {
  // Every record of an attempt is one.
  const first = upstream?.attempts[0] as Attempt | undefined;
  if (upstream === undefined || first === undefined) return undefined;
  // Another service was asked in its place; attempts that came before that one was chosen were made at this one.
  if (upstream.service !== service && first.startedAt >= upstream.startedAt) return undefined;
  const isAnswered = first.error === "";
  if (isAnswered && first.status === 429) return undefined;
  // The service cannot answer, whether it says for how long or not.
  const verdict = isAnswered && first.status === 503 ? "failure" : verdicts[outcomeOf(first)];
  if (verdict === "none") return undefined;
  return { hasFailed: verdict === "failure", took: (first.headAt === 0 ? first.endedAt : first.headAt) - first.startedAt };
}
