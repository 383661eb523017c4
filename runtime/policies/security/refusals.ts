import { refuse } from "../../answers/problem.ts";
import type { Exchange, SecurityScheme } from "../../exchange/exchange.ts";

/**
 * 401 with every challenge that would do (RFC 9110 §15.5.2), one field line each: challenges hold commas themselves.
 * `presented`: the request came with credentials, and they were not accepted.
 */
export function unauthenticated(x: Exchange, challenges: readonly string[], presented: boolean): true {
  return refuse(x, {
    status: 401,
    slug: presented ? "invalid-credentials" : "authentication-required",
    title: presented ? "The credentials are not valid" : "Authentication is required",
    headers: challenges.flatMap((challenge) => ["WWW-Authenticate", challenge]),
    source: "security",
  });
}

/** 403: who it is, is known, and lacks a role or scope. Which one, only the documentation of the API says. */
export function insufficient(x: Exchange): true {
  return refuse(x, {
    status: 403,
    slug: "insufficient-scope",
    title: "The credentials do not allow this operation",
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
