import { type Directives, readDirectives, secondsOf } from "../../caching/directives.ts";
import { ageAt, freshFor, type StoredAnswer } from "../../caching/stored-answer.ts";
import type { HeaderList } from "../../fields/header-list.ts";

/** The client wants the service to be asked (RFC 9111 §5.2.1.4, §5.4). */
export const isForcedBy = (asked: Directives, headers: HeaderList): boolean =>
  asked.has("no-cache") || (asked.size === 0 && readDirectives(headers.get("pragma")).has("no-cache"));

/** Milliseconds for which it is fresh to a client that says how fresh (RFC 9111 §5.2.1.1, §5.2.1.3). */
export function freshForClient(stored: StoredAnswer, asked: Directives, now: number): number {
  const left = freshFor(stored, now) - (secondsOf(asked, "min-fresh") ?? 0);
  const most = secondsOf(asked, "max-age");
  return most === undefined ? left : Math.min(left, most - ageAt(stored, now) + (most === 0 ? 0 : 1));
}

/** Who waited for such an answer would have to ask for it all the same. */
export const isFetchedAlone = (stored: StoredAnswer | undefined): boolean =>
  stored !== undefined && stored.isDoubted !== true && (stored.isAskedFirst || stored.lifetime <= 0);
