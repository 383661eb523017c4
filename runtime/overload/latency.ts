import type { Exchange } from "../exchange/exchange.ts";

/**
 * Milliseconds that the service took to begin its answer, in the attempt that was answered. Undefined where that says nothing of how busy it is: it was not
 * asked, it failed or says itself that it is overloaded, or the client has left.
 */
export function latencyOf({ answer, upstream, outcome }: Exchange): number | undefined {
  if (outcome !== "complete" || upstream === undefined || answer?.source !== "service") return undefined;
  if (answer.status >= 500 || answer.status === 429) return undefined;
  const answered = upstream.attempts.findLast(({ headAt, error }) => headAt > 0 && error === "");
  return answered === undefined ? undefined : answered.headAt - answered.startedAt;
}
