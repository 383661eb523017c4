import { refuse } from "../../answers/problem.ts";
import type { Exchange } from "../../exchange/exchange.ts";

const source = "externalAuthorization";

/** `headers`: what the decision service has for the client, its challenge above all. */
export const refuseAsDecided = (
  x: Exchange,
  status: 401 | 403,
  detail: string | undefined,
  headers: readonly string[] = [],
): true =>
  refuse(x, {
    status,
    slug: status === 401 ? "authentication-required" : "not-authorized",
    title: status === 401 ? "Authentication is required" : "The request is not authorized",
    ...(detail === undefined ? {} : { detail }),
    headers,
    source,
  });

/** 503: it is not the client's fault, and it may try again. */
export const refuseUndecided = (x: Exchange): true =>
  refuse(x, {
    status: 503,
    slug: "decision-unavailable",
    title: "Whether the request is authorized cannot be decided at the moment",
    headers: ["Retry-After", "1"],
    source,
  });
