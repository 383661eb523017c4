import type { GatewayIr, OperationIr } from "../ir/gateway.ts";
import type { StartValueIr } from "../ir/config.ts";
import { decideRoute, routeMismatch } from "../routing/brute-force.ts";
import type { RouteRequest } from "../routing/route.ts";
import type { DecidingRule } from "../routing/specificity.ts";

/** What would happen to one request, from the IR alone: nothing is run. */
export interface ExplainedRequest {
  readonly request: RouteRequest;
  readonly operation: OperationIr | undefined;
  /** Other operations that match, and what decided against them. */
  readonly losers: readonly { readonly operation: OperationIr; readonly rule: DecidingRule }[];
  /** Without an operation: those at the same path, and what kept the request from them. */
  readonly near: readonly { readonly operation: OperationIr; readonly mismatch: string }[];
  readonly status: 404 | 405 | undefined;
  /** Where it would be sent. */
  readonly upstream: readonly { readonly service: string; readonly url: string; readonly weight: number }[];
  /** What forces the request body to be held in memory; empty where it streams. */
  readonly buffers: readonly string[];
}

export function explainRequest(ir: GatewayIr, request: RouteRequest): ExplainedRequest {
  const { winner, losers } = decideRoute(ir.operations, request, { trailingSlash: ir.routing.trailingSlash });
  const near =
    winner === undefined
      ? ir.operations.flatMap((operation) => {
          const mismatch = routeMismatch(operation.match, request);
          return mismatch === undefined || mismatch === "path" || mismatchesPath(operation, request) ? [] : [{ operation, mismatch }];
        })
      : [];
  return {
    request,
    operation: winner,
    losers: losers.map(({ route, lostBy }) => ({ operation: route, rule: lostBy.rule })),
    near,
    status: winner !== undefined ? undefined : near.some(({ mismatch }) => mismatch === "method") ? 405 : 404,
    upstream: winner === undefined ? [] : upstream(winner, ir, request),
    buffers: winner === undefined ? [] : winner.steps.filter(({ body }) => body === "buffered" || body === "replaced").map(({ policy }) => policy),
  };
}

/** The first mismatch found may hide that the path differs too. */
function mismatchesPath(operation: OperationIr, request: RouteRequest): boolean {
  const relaxed = { ...operation.match, method: "*", hosts: [], headers: [], query: [], version: undefined };
  return routeMismatch(relaxed, request) !== undefined;
}

function upstream(operation: OperationIr, ir: GatewayIr, request: RouteRequest): ExplainedRequest["upstream"] {
  const { forward } = operation;
  if (forward.kind === "terminal") return [];
  const service = ir.services.find(({ name }) => name === forward.service);
  const path = `${forward.prepend}${request.path.slice(forward.strip)}` || "/";
  const query = request.query === "" ? "" : `?${request.query}`;
  return (service?.endpoints ?? []).map(({ url, weight }) => ({
    service: forward.service,
    url: `${text(url).replace(/\/$/, "")}${path}${query}`,
    weight,
  }));
}

const text = (value: string | StartValueIr): string => (typeof value === "string" ? value : value.kind === "setting" ? value.template : "a secret");
