/** What came of sending one batch, in words of no protocol. */
export type Outcome =
  /** Delivered. Of its items so many were refused, which is final. */
  | { readonly kind: "taken"; readonly rejected: number; readonly why?: string }
  /** Not now: to be sent again, not before `pauseMs` where the other side says so. */
  | { readonly kind: "later"; readonly why: string; readonly pauseMs?: number }
  /** Too much at once. */
  | { readonly kind: "tooLarge"; readonly why: string }
  /** Never. */
  | { readonly kind: "refused"; readonly why: string };

const firstPauseMs = 1_000;
const longestPauseMs = 30_000;

/** The longest time that another side is believed it wants: what waits is too old then in any case. */
const longestAskedMs = 3_600_000;

/**
 * Milliseconds until the next attempt.
 *
 * @param failures in a row, from 1
 */
export function pauseAfterFailures(failures: number, askedMs = 0): number {
  const longest = Math.min(longestPauseMs, firstPauseMs * 2 ** (failures - 1));
  // Instances that failed together must not come back together.
  const jittered = longest * (0.5 + Math.random() / 2);
  return Math.max(Math.min(askedMs, longestAskedMs), jittered);
}
