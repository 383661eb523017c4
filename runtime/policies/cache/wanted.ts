import { type Directives, readDirectives, secondsOf } from "../../caching/directives.ts";
import type { StoringRules } from "../../caching/storability.ts";
import { ageAt, freshFor, type StoredAnswer } from "../../caching/stored-answer.ts";
import type { Exchange } from "../../exchange/exchange.ts";
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

/**
 * Who may wait for whose answer, and who learns from whom that there is nothing to wait for. What the service says to credentials may
 * be for nobody else (RFC 9111 §3.5): a client that made some up would have all others ask by themselves. No part of a key is like what
 * is added: names of services have no braces, and all else is JSON.
 */
export const groupOf = ({ headers }: Exchange, key: string, { isPersonal, isShared }: StoringRules): string =>
  isPersonal || isShared || !headers.has("authorization") ? key : `${key}\n{authorization}`;

/** Who waited for such an answer would have to ask for it all the same. */
export const isFetchedAlone = (stored: StoredAnswer | undefined): boolean =>
  stored !== undefined && stored.isDoubted !== true && (stored.isAskedFirst || stored.lifetime <= 0);
