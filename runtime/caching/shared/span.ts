import { ageAt, type StoredAnswer } from "../stored-answer.ts";

/** Milliseconds behind all use for which one with a validator stays: the service may say that it still holds. */
const validated = 600_000;
const longest = 30 * 86_400_000;

/** Milliseconds for which an answer is of use. */
export function spanOf(answer: StoredAnswer, now: number): number {
  const { lifetime, isAskedFirst, isNeverStale, staleWhileRevalidate, staleIfError, etag, lastModified } = answer;
  const stale = isNeverStale ? 0 : Math.max(staleWhileRevalidate, staleIfError);
  const used = isAskedFirst ? 0 : Math.max(0, lifetime + stale - ageAt(answer, now));
  return Math.min(longest, used + ((etag ?? lastModified) === undefined ? 0 : validated));
}
