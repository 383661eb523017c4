import type { AdaptiveLimitConfig } from "../../runtime/overload/adaptive-limit.ts";
import type { LimiterConfig } from "../../runtime/overload/limiter.ts";
import type { WaitingLineConfig } from "../../runtime/overload/waiting-line.ts";
import type { ConcurrencyLimit, RequestQueue } from "../../schema/policies.gen.ts";
import { type Lowered, make } from "../ir/config.ts";
import type { Origin } from "../ir/origin.ts";
import { parseDuration } from "../text/formats.ts";
import { startNumber } from "../text/setting.ts";

type AdaptiveConcurrencyLimit = Extract<ConcurrencyLimit, object>;

/**
 * A limit of requests under way, with what waits in front of it.
 *
 * @param queue with its defaults filled in
 * @param at place of the limit
 */
export function limiterOf(
  limit: ConcurrencyLimit,
  queue: Required<RequestQueue> | undefined,
  at: () => Origin,
): Lowered<LimiterConfig> {
  return {
    limit: typeof limit === "object" ? boundsOf(limit).initial : startNumber(limit, Number, at, "count"),
    ...(typeof limit !== "object"
      ? {}
      : { adaptive: make<AdaptiveLimitConfig>("overload/adaptive-limit", "adaptiveLimit", { ...boundsOf(limit) }) }),
    ...(queue === undefined
      ? {}
      : {
          line: make<WaitingLineConfig>("overload/waiting-line", "waitingLine", {
            max: queue.max,
            deadline: parseDuration(queue.deadline),
            target: parseDuration(queue.target),
            interval: parseDuration(queue.interval),
          }),
        }),
  };
}

/** For people: `20 at a time in each worker, 100 more wait up to 1s`. */
export function limiterText(limit: ConcurrencyLimit, queue: Required<RequestQueue> | undefined): string {
  const waits = queue === undefined ? "" : `, ${queue.max} more wait up to ${queue.deadline}`;
  if (typeof limit !== "object") return `${limit} at a time in each worker${waits}`;
  const { min, max } = boundsOf(limit);
  return `${min} to ${max} at a time in each worker, by latency${waits}`;
}

/** Why the bounds of an adaptive limit contradict each other; undefined where they do not. */
export function limitContradiction(limit: ConcurrencyLimit): { readonly option: string; readonly problem: string } | undefined {
  if (typeof limit !== "object") return undefined;
  const { min, max, initial } = boundsOf(limit);
  if (min > max) return { option: "min", problem: `the limit cannot be at least ${min} and at most ${max}` };
  if (initial < min || initial > max)
    return { option: "initial", problem: `the limit begins at ${initial}, which is not between ${min} and ${max}` };
  return undefined;
}

/** Defaults are filled in for the options themselves, not for what is below one of several forms. */
function boundsOf({
  max,
  min = Math.min(5, max),
  initial = Math.max(min, Math.min(20, max)),
  tolerance = 1.5,
}: AdaptiveConcurrencyLimit) {
  return { min, initial, max, tolerance };
}
