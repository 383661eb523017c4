import type { Operation } from "../gateway/operation.ts";
import type { HttpExchange } from "./http-exchange.ts";
import { send } from "./send.ts";

/** Answers a preflight for the operation that it asks about. False: the request is an OPTIONS like any other. */
export function answerPreflight(x: HttpExchange): boolean {
  // Fetch standard, CORS-preflight request.
  if (!x.headers.has("origin") || !x.headers.has("access-control-request-method")) return false;
  const operation = preflighted(x);
  if (operation.preflight === null) return false;
  x.operation = operation;
  operation.preflight(x);
  // Without an answer, the policy has a condition that does not hold.
  if (x.answer === undefined) return false;
  send(x);
  return true;
}

/** The operation that the request to come will get. Where it will get none, the gateway's own policies speak for it. */
function preflighted(x: HttpExchange): Operation {
  const { gateway } = x.state;
  const method = x.headers.single("access-control-request-method") ?? "";
  const operation = gateway.match(x, method);
  if (operation !== null && operation.preflight !== null) return operation;
  return gateway.parts.findPreflight?.(x, method) ?? operation ?? gateway.match(x, x.method) ?? gateway.unmatched;
}
