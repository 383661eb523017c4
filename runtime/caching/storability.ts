import type { HeaderList } from "../fields/header-list.ts";
import { type Directives, fieldsOf } from "./directives.ts";

/** What the configuration says about which answers are kept. */
export interface StoringRules {
  /** Nobody gets an answer but who has the same identity as the one who asked first. */
  readonly isPersonal: boolean;
  /** The author vouches for it that answers do not depend on who asks. */
  readonly isShared: boolean;
  /** Milliseconds for which an answer is fresh that does not say it. */
  readonly ttl: number | undefined;
  /** The same of answers that say that there is nothing: 404, 405, 410, 501. */
  readonly negativeTtl: number | undefined;
  /** One that says when it was modified last is fresh for a part of the time since then. */
  readonly guesses: boolean;
  /** What sets a cookie may be kept: with the cookie, or without it where `stripsCookies`. */
  readonly keepsCookies: boolean;
  /** Clients get no cookies that come with what is kept. */
  readonly stripsCookies: boolean;
  /** Refusals that a client's own fields can provoke are kept where the service says so. */
  readonly keepsRefusals: boolean;
  /**
   * Fields that the gateway itself writes for the service, in lower case; `x-*`: all that begin so. What answers depend on that
   * vary by one of them, a client's request does not tell.
   */
  readonly written: readonly string[];
}

/** Statuses that a cache of this kind may keep although nothing was said of how long (RFC 9110 §15.1), without 206. */
const heuristic: readonly number[] = [200, 203, 204, 300, 301, 308];
const negative: readonly number[] = [404, 405, 410, 501];

/** It says that there is nothing. */
export const isNegative = (status: number): boolean => negative.includes(status);

/**
 * What a field that is not part of the key can provoke: whoever sends a bad one would have the refusal served to all others
 * (https://cpdos.org).
 */
const provoked: readonly number[] = [
  400, 401, 403, 406, 407, 408, 411, 412, 413, 414, 415, 416, 417, 421, 422, 425, 426, 428, 429, 431,
];

/** Those whose caching requirements this cache follows: 206 and 304 are dealt with otherwise (RFC 9111 §5.2.2.3). */
const understood = (status: number): boolean =>
  (status >= 200 && status <= 205) || (status >= 300 && status <= 303) || status === 307 || status === 308 || isNegative(status);

/** Whether the answer to a GET may be kept at all (RFC 9111 §3), as far as its head tells. */
export function mayStore(
  request: HeaderList,
  asked: Directives,
  status: number,
  headers: HeaderList,
  said: Directives,
  { isPersonal, isShared, keepsCookies, stripsCookies, keepsRefusals, written }: StoringRules,
): boolean {
  if (status < 200 || status === 206 || status === 304) return false;
  if (!keepsRefusals && provoked.includes(status)) return false;
  if (asked.has("no-store")) return false;
  // A cookie is meant for one client, unless the author says otherwise.
  if (!keepsCookies && !stripsCookies && headers.has("set-cookie")) return false;
  if (said.has("must-understand")) {
    if (!understood(status)) return false;
  } else if (said.has("no-store")) return false;
  if (said.has("private") && fieldsOf(said, "private") === undefined && !isPersonal) return false;
  if (request.has("authorization") && !isPersonal && !isShared && !isForAll(said)) return false;
  return !members(headers).some((name) => name === "*" || isWritten(name.toLowerCase(), written));
}

const isWritten = (name: string, written: readonly string[]): boolean =>
  alwaysWritten.includes(name) || written.some((one) => one === name || (one.endsWith("*") && name.startsWith(one.slice(0, -1))));

/** What services are told of the way of each request, beside the scheme and the host, which are in the key. */
const alwaysWritten: readonly string[] = ["forwarded", "via", "x-forwarded-for"];

/** RFC 9111 §3.5. */
const isForAll = (said: Directives): boolean => said.has("public") || said.has("s-maxage") || said.has("must-revalidate");

const members = (headers: HeaderList): readonly string[] => (headers.get("vary") ?? "").split(",").map((name) => name.trim());

/**
 * How long an answer is fresh of which the service does not say it; undefined: it may be kept only to be revalidated. `guessed`:
 * by when it was modified.
 */
export function impliedLifetime(
  status: number,
  said: Directives,
  guessed: number | undefined,
  { ttl, negativeTtl, guesses }: StoringRules,
): number | undefined {
  if (guesses && guessed !== undefined && isHeuristic(status, said)) return guessed;
  if (heuristic.includes(status)) return ttl;
  return isNegative(status) ? negativeTtl : undefined;
}

/** Whether one that is never fresh by itself may be kept to be revalidated (RFC 9111 §3). */
export const isHeuristic = (status: number, said: Directives): boolean =>
  heuristic.includes(status) || isNegative(status) || status === 414 || said.has("public");
