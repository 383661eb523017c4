import { retryAfter } from "../fields/retry-after.ts";
import type { Answer } from "./exchange.ts";
import { CallFailure } from "./failure.ts";

/** Asking twice is as good as asking once (RFC 9110 §9.2.2). */
const idempotent = ["GET", "HEAD", "OPTIONS", "PUT", "DELETE"];

export const isIdempotent = (method: string): boolean => idempotent.includes(method);

/** Answers that speak of this moment only. */
const passing = [429, 502, 503, 504];

const firstPauseMs = 100;
const longestPauseMs = 5_000;

/**
 * Milliseconds until the next attempt; undefined where a further one would bring nothing.
 *
 * @param attempt that has ended, from 1
 */
export function pauseAfter(outcome: Answer | CallFailure, attempt: number): number | undefined {
  const isPassing = outcome instanceof CallFailure ? outcome.isPassing : passing.includes(outcome.status);
  if (!isPassing) return undefined;
  const asked = outcome instanceof CallFailure ? undefined : retryAfter(outcome.headers["retry-after"]);
  const longest = Math.min(longestPauseMs, firstPauseMs * 2 ** attempt);
  // Instances that failed together must not come back together.
  const jittered = longest * (0.5 + Math.random() / 2);
  return asked === undefined ? jittered : Math.max(asked, jittered);
}
