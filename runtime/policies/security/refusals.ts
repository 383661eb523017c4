import { refuse } from "../../answers/problem.ts";
import type { Exchange, Rejection, SecurityScheme } from "../../exchange/exchange.ts";

/** The verdict on one scheme, as far as an answer says it. */
export type Verdict = "absent" | "accepted" | "invalid" | Rejection;

/** 401 with every challenge that would do (RFC 9110 §15.5.2), one field line each: challenges hold commas themselves. */
export function unauthenticated(x: Exchange, schemes: readonly SecurityScheme[], verdicts: readonly Verdict[]): true {
  const challenges = new Set(schemes.map((scheme, index) => challengeOf(scheme, verdicts[index]!)));
  // What cannot be verified at the moment is not wrong: another credential is what the request lacks.
  const rejections = verdicts
    .filter((verdict) => typeof verdict === "object")
    .filter(({ rejected }) => rejected !== "unavailable");
  const headers = [
    ...[...challenges].flatMap((challenge) => ["WWW-Authenticate", challenge]),
    ...rejections.flatMap((rejection) => rejection.headers ?? []),
  ];
  const [first] = rejections;
  const about = rejections.find((rejection) => rejection.about !== undefined)?.about;
  const why = {
    ...(first === undefined ? {} : { detail: first.reason }),
    ...(about === undefined ? {} : { about }),
    headers,
    source: "security",
  };
  if (first?.rejected === "malformed") {
    return refuse(x, { status: 400, slug: "unreadable-credentials", title: "The credentials cannot be read", ...why });
  }
  if (first?.isMisdirected === true) {
    return refuse(x, {
      status: 421,
      slug: "misdirected-request",
      title: "The request came on a connection for another host",
      ...why,
    });
  }
  const presented = verdicts.includes("invalid") || rejections.length > 0;
  return refuse(x, {
    status: 401,
    slug: presented ? "invalid-credentials" : "authentication-required",
    title: presented ? "The credentials are not valid" : "Authentication is required",
    ...why,
  });
}

function challengeOf(scheme: SecurityScheme, verdict: Verdict): string {
  if (verdict === "absent" || verdict === "accepted") return scheme.challenge;
  if (typeof verdict === "object" && verdict.rejected === "unavailable") return scheme.challenge;
  const ownOne = typeof verdict === "object" ? verdict.challenge : undefined;
  return ownOne ?? scheme.invalidChallenge ?? scheme.challenge;
}

/** 403: who it is, is known, and lacks a role or scope. Which one, only a challenge says, where the scheme has one. */
export function insufficient(x: Exchange, challenges: readonly string[] = []): true {
  return refuse(x, {
    status: 403,
    slug: "insufficient-scope",
    title: "The credentials do not allow this operation",
    headers: challenges.flatMap((challenge) => ["WWW-Authenticate", challenge]),
    source: "security",
  });
}

/** 503: whether the credentials count cannot be told at the moment, so that they are neither believed nor thrown away. */
export function unverifiable(x: Exchange, { reason, retryAfter = 1 }: Rejection): true {
  return refuse(x, {
    status: 503,
    slug: "credentials-unverifiable",
    title: "The credentials cannot be verified at the moment",
    detail: reason,
    headers: ["Retry-After", String(retryAfter)],
    source: "security",
  });
}

/**
 * A scheme that the compiler takes for synchronous must not hand over a promise: it would pass for an identity, and
 * the request would go on without one.
 */
export function assertSettled(scheme: SecurityScheme, result: unknown): void {
  if (!(result instanceof Promise)) return;
  throw new Error(`the security scheme ${scheme.name} is declared synchronous and answered with a promise`);
}
