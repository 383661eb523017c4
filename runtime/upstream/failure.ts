import { overload, type Problem } from "../answers/problem.ts";
import type { FailureCode } from "./answer-sink.ts";

/** What the client is told: that it was the service and whether it took too long, nothing about where or how. */
export function failureProblem(code: FailureCode): Problem {
  if (code === "timeout" || code === "connectTimeout")
    return { status: 504, slug: "upstream-timeout", title: "The service did not answer in time", source: "gateway" };
  if (isFull(code))
    return {
      status: 503,
      slug: "upstream-busy",
      title: "Too many requests wait for the service",
      headers: ["Retry-After", "1"],
      source: "gateway",
    };
  if (isShortage(code)) return overload;
  return {
    status: 502,
    slug: "upstream-failed",
    title: "The service could not be reached or gave no valid answer",
    source: "gateway",
  };
}

/** As many requests wait as may: at the one endpoint, or at all. */
export const isFull = (code: FailureCode): boolean => code === "poolFull" || code === "allFull";

/** No fault of the service: this process, or the machine, has no descriptor or port left for one connection more. */
export const isShortage = (code: FailureCode): boolean =>
  code === "EMFILE" || code === "ENFILE" || code === "EADDRNOTAVAIL" || code === "ENOBUFS" || code === "ENOMEM";

/** Methods that may be sent once more without harm (RFC 9110 §9.2.2). */
export const isIdempotent = (method: string): boolean =>
  method === "GET" || method === "HEAD" || method === "OPTIONS" || method === "PUT" || method === "DELETE";
