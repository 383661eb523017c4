import type { Exchange } from "../../exchange/exchange.ts";

/** Index into `errorKinds`, or -1 where the exchange did not fail. */
export function errorKind(x: Exchange): number {
  const { upstream } = x;
  // Whatever ended it: the head of an answer had arrived, and its content did not.
  if (x.outcome === "upstreamBroken" && upstream !== undefined && upstream.headAt > 0) return 5;
  const error = upstream === undefined ? "" : upstream.error;
  if (error !== "") return upstreamErrorKind(error);
  if (x.outcome === "clientGone") return 0;
  if (x.outcome === "upstreamBroken") return 5;
  return -1;
}

/** Of the code of an error in front of a service: index into `errorKinds`. */
export function upstreamErrorKind(code: string): number {
  if (code === "ECONNREFUSED" || code === "EHOSTUNREACH" || code === "ENETUNREACH") return 1;
  if (code === "ECONNRESET" || code === "EPIPE" || code === "UND_ERR_SOCKET") return 2;
  if (code === "ENOTFOUND" || code === "EAI_AGAIN") return 4;
  const lower = code.toLowerCase();
  return lower.includes("timeout") || lower.includes("timedout") || code === "deadline" ? 3 : 6;
}
